package op

import (
	"math"

	"gorgonia.org/tensor"
)

// Softmax is ONNX Softmax from opset 13 on: exp(x)/Σ exp(x) along one axis.
//
// https://onnx.ai/onnx/operators/onnx__Softmax.html
type Softmax struct{ Axis int } // In [0, rank).

var _ Def = (*Softmax)(nil)

// Name implements Def.
func (*Softmax) Name() string { return "Softmax" }

// Infer implements Def.
func (d *Softmax) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	return in[0], wantAxis(d.Axis, in[0])
}

// Forward implements Def.
func (d *Softmax) Forward(y Array, in []Array) {
	x := in[0].Data
	d.lines(y.Shape, func(line []int) {
		largest, sum := math.Inf(-1), 0.0
		for _, j := range line {
			largest = math.Max(largest, x[j])
		}
		for _, j := range line {
			y.Data[j] = math.Exp(x[j] - largest)
			sum += y.Data[j]
		}
		for _, j := range line {
			y.Data[j] /= sum
		}
	})
}

// Differentiable implements Def.
func (*Softmax) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def: dx = y·(dy − Σ dy·y).
func (d *Softmax) Grad(_ int, dx Array, _ []Array, y, dy Array) {
	d.lines(y.Shape, func(line []int) {
		dot := 0.0
		for _, j := range line {
			dot += dy.Data[j] * y.Data[j]
		}
		for _, j := range line {
			dx.Data[j] = y.Data[j] * (dy.Data[j] - dot)
		}
	})
}

// lines calls f with the positions of each line along the axis.
func (d *Softmax) lines(shape []int, f func(line []int)) {
	strides := rowMajor(shape)
	starts := append([]int{}, shape...)
	starts[d.Axis] = 1
	for _, start := range strided(starts, strides, 0) {
		f(strided(shape[d.Axis:d.Axis+1], strides[d.Axis:d.Axis+1], start))
	}
}
