package onnxfile

import (
	"encoding/binary"
	"fmt"
	"slices"
)

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
	if err := t.wantQuantized(); err != nil {
		return nil, err
	}
	values := make([]int64, 0, t.Len())
	t.eachInteger(func(v int64) { values = append(values, v) })
	return values, nil
}

func (t *Tensor) wantQuantized() error {
	if t.Type != TypeInt8 && t.Type != TypeUint8 && t.Type != TypeInt32 {
		return fmt.Errorf("onnxfile: tensor %s: %w: %v, want int8, uint8 or int32", quote(t.Name), ErrDataType, t.Type)
	}
	return nil
}

func (t *Tensor) eachInteger(visit func(v int64)) {
	t.each(func(bits uint64) {
		v := int64(int32(bits))
		if t.Type == TypeInt8 {
			v = int64(int8(bits))
		}
		visit(v)
	})
}

// A dequantization is what the elements of a float tensor are computed from
// whenever they are read: they take no memory besides the integers.
type dequantization struct {
	of     *Tensor // Of type int8, uint8 or int32.
	inner  int     // Elements that follow each other and have one scale.
	scales []float32
	zeros  []int64 // One, or one for each scale.
}

// SetDequantized makes t the float tensor scale·(q − zero) of the integers of a
// tensor of type int8, uint8 or int32, which must not change. Scales, and zeros
// if there is more than one, are of that axis.
//
// https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html
func (t *Tensor) SetDequantized(of *Tensor, axis int, scales []float32, zeros []int64) error {
	if err := of.wantQuantized(); err != nil {
		return err
	}
	d := &dequantization{of, max(1, of.Len()), scales, zeros}
	if len(scales) > 1 {
		d.inner = 1
		for _, size := range of.Dims[axis+1:] {
			d.inner *= size
		}
	}
	t.Type, t.Dims, t.raw, t.inField, t.encoded, t.computed = TypeFloat, slices.Clone(of.Dims), nil, rawData, nil, d
	return nil
}

// floats computes the elements.
func (d *dequantization) floats() []float32 {
	values := make([]float32, d.of.Len())
	if d.of.inField == rawData && d.of.Type != TypeInt32 {
		for at, run := 0, 0; at < len(values); at, run = at+d.inner, run+1 {
			d.bytes(values[at:at+d.inner], d.of.raw[at:], run)
		}
		return values
	}
	at, end, run := 0, 0, -1
	var zero int64
	var scale float32
	d.of.eachInteger(func(q int64) {
		if at == end {
			run++
			end += d.inner
			zero, scale = d.grid(run)
		}
		values[at] = float32(q-zero) * scale
		at++
	})
	return values
}

// grid returns what the elements of a run of one scale are computed by.
func (d *dequantization) grid(run int) (zero int64, scale float32) {
	c := run % len(d.scales)
	return d.zeros[c%len(d.zeros)], d.scales[c]
}

// bytes computes a run of elements from int8 or uint8.
func (d *dequantization) bytes(values []float32, raw []byte, run int) {
	zero, scale := d.grid(run)
	raw = raw[:len(values)]
	if d.of.Type == TypeInt8 {
		for i, b := range raw {
			values[i] = float32(int64(int8(b))-zero) * scale
		}
		return
	}
	for i, b := range raw {
		values[i] = float32(int64(b)-zero) * scale
	}
}
