package onnxfile

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	maxRank     = 16
	maxElements = 1 << 31
)

// A Tensor is TensorProto. Its elements stay in the bytes of the file until
// Floats or Ints decodes them.
type Tensor struct {
	Name string
	Dims []int
	Type DataType

	encoded []byte // The message.
	raw     []byte // Its raw_data.
	stored  int    // Elements that it holds, by their own count.
	inField int    // The field that holds them, 0 if there are none.
	rest    []unknown

	computed *dequantization // What the elements are computed from instead, nil in a tensor of its own.

	isExternal bool    // The elements are in another file.
	location   []Entry // Where.
}

// ParseTensor decodes a file of one TensorProto, such as ONNX's test data. The
// tensor refers to data, which must not change.
func ParseTensor(data []byte) (*Tensor, error) {
	if err := new(scanner).message(data, modelKind.messages[7].messages[5], 0); err != nil {
		return nil, inside(err, "")
	}
	t, err := parseTensor(data)
	if err == nil {
		err = t.refuseExternal()
	}
	return t, inside(err, "tensor %s", quote(t.Name))
}

func parseTensor(encoded []byte) (*Tensor, error) {
	t := &Tensor{encoded: encoded}
	if err := fields(encoded, t.field); err != nil {
		return t, err
	}
	return t, t.check()
}

func (t *Tensor) field(f field) error {
	switch f.num {
	case 1:
		return t.dims(f)
	case 2:
		return f.integer((*int64)(&t.Type))
	case 3:
		return fmt.Errorf("%w: a segment of a tensor, want a whole one", ErrMalformed)
	case 8:
		return f.str(&t.Name)
	case 13, 14:
		return t.external(f)
	case floatData, int32Data, stringData, int64Data, rawData, doubleData, uint64Data:
		return t.data(f)
	}
	t.rest = append(t.rest, f.unknown())
	return nil
}

func (t *Tensor) dims(f field) (err error) {
	bad := f.varints(func(v uint64) {
		switch {
		case v > maxElements: // Negative sizes are huge here.
			err = fmt.Errorf("%w: axis %d has size %d, want 0 to %d", ErrTooLarge, len(t.Dims), int64(v), maxElements)
		case len(t.Dims) == maxRank:
			err = fmt.Errorf("%w: more than %d axes", ErrTooLarge, maxRank)
		default:
			t.Dims = append(t.Dims, int(v))
		}
	})
	if bad != nil {
		return bad
	}
	return err
}

// data counts the elements in a field.
func (t *Tensor) data(f field) error {
	if t.inField != 0 && t.inField != int(f.num) {
		return fmt.Errorf("%w: elements in field %d and in field %d, want one of them", ErrMalformed, t.inField, f.num)
	}
	again := t.inField != 0
	t.inField = int(f.num)
	count := func(uint64) { t.stored++ }
	switch f.num {
	case rawData:
		if again {
			return fmt.Errorf("%w: a second raw_data", ErrMalformed)
		}
		t.raw = f.data
		return f.want(protowire.BytesType)
	case stringData:
		t.stored++
		return f.want(protowire.BytesType)
	case floatData:
		return f.fixed(protowire.Fixed32Type, count)
	case doubleData:
		return f.fixed(protowire.Fixed64Type, count)
	default:
		return f.varints(count)
	}
}

// check compares the sizes with what is there.
func (t *Tensor) check() error {
	l, ok := layouts[t.Type]
	if !ok {
		return fmt.Errorf("%w: %v, want one of 1 to 13 or 16", ErrDataType, t.Type)
	}
	elements := 1
	for _, d := range t.Dims {
		elements *= d // At most 2^31 · 2^31.
		if elements > maxElements {
			return fmt.Errorf("%w: dims %v want more than %d elements, and %d are there", ErrTooLarge, t.Dims, maxElements, t.found(l))
		}
	}
	switch {
	case t.isExternal && t.inField == 0:
		return nil
	case t.isExternal || len(t.location) > 0:
		return fmt.Errorf("%w: elements here and in another file", ErrMalformed)
	}
	if t.inField != 0 && t.inField != l.field && (t.inField != rawData || l.size == 0) {
		return fmt.Errorf("%w: elements of type %v in field %d, want field %d", ErrMalformed, t.Type, t.inField, l.field)
	}
	if t.inField == rawData && len(t.raw) != elements*l.size {
		return fmt.Errorf("%w: dims %v of %v want %d bytes, and raw_data has %d", ErrMalformed, t.Dims, t.Type, elements*l.size, len(t.raw))
	}
	if t.found(l) != elements {
		return fmt.Errorf("%w: dims %v want %d elements, and %d are there", ErrMalformed, t.Dims, elements, t.found(l))
	}
	return nil
}

// found returns how many elements are there.
func (t *Tensor) found(l layout) int {
	if t.inField == rawData && l.size > 0 {
		return len(t.raw) / l.size
	}
	return t.stored
}

// Len returns the number of elements.
func (t *Tensor) Len() int {
	n := 1
	for _, d := range t.Dims {
		n *= d
	}
	return n
}

// bytes returns raw_data.
func (t *Tensor) bytes() []byte {
	if t.computed != nil {
		return floatBytes(t.computed.floats())
	}
	return t.raw
}

// each calls visit for the bits of each element.
func (t *Tensor) each(visit func(bits uint64)) {
	l := layouts[t.Type]
	if t.inField == rawData {
		for b := t.bytes(); len(b) > 0; b = b[l.size:] {
			visit(littleEndian(b[:l.size]))
		}
		return
	}
	_ = fields(t.encoded, func(f field) error { // parseTensor has seen its errors.
		switch int(f.num) {
		case floatData:
			return f.fixed(protowire.Fixed32Type, visit)
		case doubleData:
			return f.fixed(protowire.Fixed64Type, visit)
		case int32Data, int64Data, uint64Data:
			return f.varints(visit)
		}
		return nil
	})
}

// Floats decodes the elements of a tensor of a floating-point type as float32:
// half precision is widened, double precision rounded.
func (t *Tensor) Floats() ([]float32, error) {
	convert, ok := map[DataType]func(uint64) float32{
		TypeFloat:    func(b uint64) float32 { return math.Float32frombits(uint32(b)) },
		TypeDouble:   func(b uint64) float32 { return float32(math.Float64frombits(b)) },
		TypeFloat16:  func(b uint64) float32 { return halfToFloat(uint16(b)) },
		TypeBFloat16: func(b uint64) float32 { return math.Float32frombits(uint32(b) << 16) },
	}[t.Type]
	if !ok {
		return nil, fmt.Errorf("onnxfile: tensor %s: %w: %v, want a floating-point type", quote(t.Name), ErrDataType, t.Type)
	}
	if t.computed != nil {
		return t.computed.floats(), nil
	}
	values := make([]float32, 0, t.Len())
	if t.Type == TypeFloat && t.inField == rawData {
		for b := t.raw; len(b) > 0; b = b[4:] {
			values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
		return values, nil
	}
	t.each(func(bits uint64) { values = append(values, convert(bits)) })
	return values, nil
}

// Ints decodes the elements of a tensor of type int32 or int64.
func (t *Tensor) Ints() ([]int64, error) {
	if !t.Type.IsInt() {
		return nil, fmt.Errorf("onnxfile: tensor %s: %w: %v, want int64 or int32", quote(t.Name), ErrDataType, t.Type)
	}
	if t.Len() > maxNumber {
		return nil, fmt.Errorf("onnxfile: tensor %s: %w: %d integers, want at most %d", quote(t.Name), ErrTooLarge, t.Len(), maxNumber)
	}
	values := make([]int64, 0, t.Len())
	t.each(func(bits uint64) {
		if t.Type == TypeInt32 {
			bits = uint64(int32(bits))
		}
		values = append(values, int64(bits))
	})
	return values, nil
}

// SetFloats makes t a float tensor of the given values, which it copies. Its
// name and doc string are kept.
func (t *Tensor) SetFloats(dims []int, values []float32) {
	t.setRaw(TypeFloat, dims, floatBytes(values))
}

func floatBytes(values []float32) []byte {
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return raw
}

// SetInts makes t an int64 tensor of the given values.
func (t *Tensor) SetInts(dims []int, values ...int64) {
	raw := make([]byte, 0, 8*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
	}
	t.setRaw(TypeInt64, dims, raw)
}

func (t *Tensor) setRaw(typ DataType, dims []int, raw []byte) {
	t.Type, t.Dims, t.raw, t.inField, t.encoded, t.computed = typ, slices.Clone(dims), raw, rawData, nil, nil
	if err := t.check(); err != nil {
		panic(fmt.Sprintf("onnxfile: tensor %q: %v", t.Name, err))
	}
}

func (t *Tensor) pieces() [][]byte {
	if t.encoded != nil {
		return [][]byte{t.encoded}
	}
	var e encoder
	for _, d := range t.Dims {
		e.integer(1, int64(d))
	}
	e.integer(2, int64(t.Type))
	e.str(8, t.Name)
	e.bytes(rawData, t.bytes())
	e.rest(t.rest)
	return e.pieces()
}
