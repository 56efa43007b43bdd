package onnxfile

import (
	"fmt"
	"math"
)

// Numbers decodes the elements of a tensor of any numeric type or of bool, of
// which true is 1. Integers beyond 2^53 are rounded.
func (t *Tensor) Numbers() ([]float64, error) {
	convert, ok := map[DataType]func(uint64) float64{
		TypeFloat:    func(b uint64) float64 { return float64(math.Float32frombits(uint32(b))) },
		TypeDouble:   math.Float64frombits,
		TypeFloat16:  func(b uint64) float64 { return float64(halfToFloat(uint16(b))) },
		TypeBFloat16: func(b uint64) float64 { return float64(math.Float32frombits(uint32(b) << 16)) },
		TypeUint8:    func(b uint64) float64 { return float64(uint8(b)) },
		TypeUint16:   func(b uint64) float64 { return float64(uint16(b)) },
		TypeUint32:   func(b uint64) float64 { return float64(uint32(b)) },
		TypeUint64:   func(b uint64) float64 { return float64(b) },
		TypeInt8:     func(b uint64) float64 { return float64(int8(b)) },
		TypeInt16:    func(b uint64) float64 { return float64(int16(b)) },
		TypeInt32:    func(b uint64) float64 { return float64(int32(b)) },
		TypeInt64:    func(b uint64) float64 { return float64(int64(b)) },
		TypeBool:     func(b uint64) float64 { return float64(b & 1) },
	}[t.Type]
	if !ok {
		return nil, fmt.Errorf("onnxfile: tensor %s: %w: %v, want a numeric type", quote(t.Name), ErrDataType, t.Type)
	}
	values := make([]float64, 0, t.Len())
	t.each(func(bits uint64) { values = append(values, convert(bits)) })
	return values, nil
}
