package onnxfile

import (
	"encoding/binary"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// SetHalves makes t a float16 tensor of the given values, rounded to nearest.
// Values beyond ±65504 become infinite.
func (t *Tensor) SetHalves(dims []int, values []float32) {
	raw := make([]byte, 0, 2*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint16(raw, floatToHalf(v))
	}
	t.setRaw(TypeFloat16, dims, raw)
}

// SetIntegers makes t a tensor of type int8, uint8 or int32 of the given
// values, and panics if one is outside of it.
func (t *Tensor) SetIntegers(typ DataType, dims []int, values ...int64) {
	lo, hi := integerRange(typ)
	var raw []byte
	for _, v := range values {
		switch {
		case v < lo || v > hi:
			panic(fmt.Sprintf("onnxfile: tensor %q: %d in a tensor of %v", t.Name, v, typ))
		case typ == TypeInt32:
			raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
		default:
			raw = append(raw, byte(v))
		}
	}
	t.setRaw(typ, dims, raw)
}

// integerRange returns the smallest and the largest number of a type that
// quantized tensors have, and panics for another.
func integerRange(typ DataType) (lo, hi int64) {
	switch typ {
	case TypeInt8:
		return -1 << 7, 1<<7 - 1
	case TypeUint8:
		return 0, 1<<8 - 1
	case TypeInt32:
		return -1 << 31, 1<<31 - 1
	}
	panic(fmt.Sprintf("onnxfile: %v is no type of quantized tensors", typ))
}

// Integers decodes the elements of a tensor of type int8, uint8 or int32.
func (t *Tensor) Integers() ([]int64, error) {
	values := make([]int64, 0, t.Len())
	err := t.EachInteger(func(v int64) { values = append(values, v) })
	return values, err
}

// EachInteger calls visit with the elements that [Tensor.Integers] returns, in order.
func (t *Tensor) EachInteger(visit func(v int64)) error {
	if t.Type != TypeInt8 && t.Type != TypeUint8 && t.Type != TypeInt32 {
		return fmt.Errorf("onnxfile: tensor %s: %w: %v, want int8, uint8 or int32", quote(t.Name), ErrDataType, t.Type)
	}
	t.each(func(bits uint64) {
		v := int64(int32(bits))
		if t.Type == TypeInt8 {
			v = int64(int8(bits))
		}
		visit(v)
	})
	return nil
}

// docString is the field of ValueInfoProto that holds its doc string.
const docString = 3

// SetDoc replaces the doc string.
func (v *ValueInfo) SetDoc(text string) {
	v.rest = slices.DeleteFunc(v.rest, func(f unknown) bool { return f.num == docString })
	field := protowire.AppendString(protowire.AppendTag(nil, docString, protowire.BytesType), text)
	v.rest, v.encoded = append(v.rest, unknown{docString, field}), nil
}

// SetOpsetVersion states another version of ONNX's own operators, and the
// version of the format that has it, if that is above the file's.
func (m *Model) SetOpsetVersion(version int64) {
	m.Opsets = slices.DeleteFunc(m.Opsets, func(o Opset) bool { return IsONNX(o.Domain) })
	m.Opsets = append(m.Opsets, Opset{Version: version})
	for _, r := range formats {
		if version >= r.opset {
			m.IRVersion = max(m.IRVersion, r.format)
		}
	}
}

// formats are the versions of the format by the first opset that needs each.
//
// https://onnx.ai/onnx/repo-docs/Versioning.html
var formats = []struct{ opset, format int64 }{{9, 4}, {10, 5}, {11, 6}, {12, 7}, {15, 8}, {19, 9}, {21, 10}, {23, 11}, {24, 12}, {25, 13}}
