package onnxfile

import "fmt"

// A DataType is TensorProto.DataType.
type DataType int64

// The types of elements.
const (
	TypeFloat    DataType = 1
	TypeUint8    DataType = 2
	TypeInt8     DataType = 3
	TypeUint16   DataType = 4
	TypeInt16    DataType = 5
	TypeInt32    DataType = 6
	TypeInt64    DataType = 7
	TypeString   DataType = 8
	TypeBool     DataType = 9
	TypeFloat16  DataType = 10
	TypeDouble   DataType = 11
	TypeUint32   DataType = 12
	TypeUint64   DataType = 13
	TypeBFloat16 DataType = 16
)

// A layout says how elements of a type are stored: their bytes in raw_data,
// and the field that holds them otherwise.
type layout struct {
	name  string
	size  int
	field int
}

// Fields of TensorProto that hold elements.
const (
	floatData  = 4
	int32Data  = 5
	stringData = 6
	int64Data  = 7
	rawData    = 9
	doubleData = 10
	uint64Data = 11
)

var layouts = map[DataType]layout{
	TypeFloat:    {"float", 4, floatData},
	TypeUint8:    {"uint8", 1, int32Data},
	TypeInt8:     {"int8", 1, int32Data},
	TypeUint16:   {"uint16", 2, int32Data},
	TypeInt16:    {"int16", 2, int32Data},
	TypeInt32:    {"int32", 4, int32Data},
	TypeInt64:    {"int64", 8, int64Data},
	TypeString:   {"string", 0, stringData},
	TypeBool:     {"bool", 1, int32Data},
	TypeFloat16:  {"float16", 2, int32Data},
	TypeDouble:   {"double", 8, doubleData},
	TypeUint32:   {"uint32", 4, uint64Data},
	TypeUint64:   {"uint64", 8, uint64Data},
	TypeBFloat16: {"bfloat16", 2, int32Data},
}

// String returns ONNX's name of the type.
func (t DataType) String() string {
	if l, ok := layouts[t]; ok {
		return l.name
	}
	return fmt.Sprintf("data type %d", int64(t))
}

// IsFloat reports whether t is a floating-point type.
func (t DataType) IsFloat() bool {
	return t == TypeFloat || t == TypeFloat16 || t == TypeBFloat16 || t == TypeDouble
}

// IsInt reports whether t is a signed integer type that shapes and axes have.
func (t DataType) IsInt() bool { return t == TypeInt64 || t == TypeInt32 }
