package op

import (
	"finetune/internal/kernel/naive"

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
	outer, size, inner := d.around(y.Shape)
	naive.Softmax(y.Data, in[0].Data, outer, size, inner)
}

// Differentiable implements Def.
func (*Softmax) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def: dx = y·(dy − Σ dy·y).
func (d *Softmax) Grad(_ int, dx Array, _ []Array, y, dy Array) {
	outer, size, inner := d.around(y.Shape)
	naive.SoftmaxGrad(dx.Data, dy.Data, y.Data, outer, size, inner)
}

// around returns how many elements lie outside of the axis, along it and inside
// of it.
func (d *Softmax) around(shape tensor.Shape) (outer, size, inner int) {
	return shape[:d.Axis].TotalSize(), shape[d.Axis], shape[d.Axis+1:].TotalSize()
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
