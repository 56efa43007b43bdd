package op

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"
)

// Quantize is ONNX QuantizeLinear followed by DequantizeLinear: x on the grid
// of an integer type,
//
//	y = Scale·(clamp(round(x/Scale) + Zero) − Zero)
//
// with halves rounded to even. It has no gradient.
//
// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
type Quantize struct {
	Scale       float32 // Above 0.
	Zero        int     // The integer that stands for 0.
	Least, Most int     // Of the integer type.
}

var _ Pointwise = (*Quantize)(nil)

// Name implements Def.
func (*Quantize) Name() string { return "Quantize" }

// Infer implements Def.
func (d *Quantize) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	if !(d.Scale > 0) {
		return nil, fmt.Errorf("scale is %v, want above 0", d.Scale)
	}
	return in[0], nil
}

// Forward implements Def. It divides and rounds in float32, because the grid
// point that is nearest depends on it.
func (d *Quantize) Forward(y Array, in []Array) {
	for j, x := range in[0].Data {
		y.Data[j] = float64(d.point(float32(x)))
	}
}

// Apply implements Pointwise.
func (d *Quantize) Apply(y, x []float32) {
	for j, v := range x {
		y[j] = d.point(v)
	}
}

func (d *Quantize) point(x float32) float32 {
	q := math.RoundToEven(float64(x/d.Scale)) + float64(d.Zero)
	q = min(max(q, float64(d.Least)), float64(d.Most)) - float64(d.Zero)
	return float32(q) * d.Scale
}

// Differentiable implements Def.
func (*Quantize) Differentiable(arity int) []bool { return make([]bool, arity) }

// Grad implements Def. There is none: Differentiable says so.
func (*Quantize) Grad(int, Array, []Array, Array, Array) {
	panic("op: Quantize has no gradient")
}
