package op

import (
	"fmt"

	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// LayerNorm is ONNX LayerNormalization: (x − mean)/√(variance + Epsilon), with
// mean and biased variance over the axes from Axis on (Ba et al., 2016), times
// scale plus bias.
//
// Inputs are x and, optionally, scale and bias of the shape of the normalized
// axes. Group and instance normalization are a LayerNorm without them between
// two reshapes.
//
// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
type LayerNorm struct {
	Axis    int // In [0, rank).
	Epsilon float64
}

var _ Def = (*LayerNorm)(nil)

// Name implements Def.
func (*LayerNorm) Name() string { return "LayerNormalization" }

// Infer implements Def.
func (d *LayerNorm) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 3); err != nil {
		return nil, err
	}
	if err := wantAxis(d.Axis, in[0]); err != nil {
		return nil, err
	}
	if d.Size(in[0]) == 0 {
		return nil, fmt.Errorf("x has shape %v: no elements to normalize from axis %d on", in[0], d.Axis)
	}
	for i, name := range []string{"scale", "bias"} {
		if i+1 < len(in) {
			if err := wantShape(name, in[i+1], in[0][d.Axis:]...); err != nil {
				return nil, err
			}
		}
	}
	return in[0], nil
}

// Size returns how many elements of an x of that shape are normalized together.
func (d *LayerNorm) Size(x tensor.Shape) int { return x[d.Axis:].TotalSize() }

// Forward implements Def.
func (d *LayerNorm) Forward(y Array, in []Array) {
	x, scale, bias := affineInputs(in)
	cols := d.Size(in[0].Shape)
	rows := len(x) / cols
	stats := make([]float64, 2*rows)
	naive.LayerNorm(y.Data, stats[:rows], stats[rows:], x, scale, bias, rows, cols, d.Epsilon)
}

// affineInputs returns the inputs' elements; nil for those that are missing.
func affineInputs(in []Array) (x, scale, bias []float64) {
	if len(in) > 1 {
		scale = in[1].Data
	}
	if len(in) > 2 {
		bias = in[2].Data
	}
	return in[0].Data, scale, bias
}

// Differentiable implements Def.
func (*LayerNorm) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *LayerNorm) Grad(i int, dx Array, in []Array, _, dy Array) {
	x, scale, bias := affineInputs(in)
	cols := d.Size(in[0].Shape)
	rows := len(x) / cols
	y, stats := make([]float64, len(x)), make([]float64, 2*rows)
	mean, invStd := stats[:rows], stats[rows:]
	naive.LayerNorm(y, mean, invStd, x, scale, bias, rows, cols, d.Epsilon)
	all := [3][]float64{make([]float64, len(x)), make([]float64, cols), make([]float64, cols)}
	all[i] = dx.Data
	naive.LayerNormGrad(all[0], all[1], all[2], dy.Data, x, scale, mean, invStd, rows, cols)
}
