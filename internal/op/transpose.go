package op

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Transpose is ONNX Transpose.
//
// https://onnx.ai/onnx/operators/onnx__Transpose.html
type Transpose struct{ Perm []int } // Axis i of the output is axis Perm[i] of the input.

var _ Def = (*Transpose)(nil)

// Name implements Def.
func (*Transpose) Name() string { return "Transpose" }

// Infer implements Def.
func (d *Transpose) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	rank := len(in[0])
	out := make(tensor.Shape, rank)
	seen := make([]bool, rank)
	for i, axis := range d.Perm {
		if axis < 0 || axis >= rank || seen[axis] {
			return nil, d.errPerm(in[0])
		}
		seen[axis] = true
		out[i] = in[0][axis]
	}
	if len(d.Perm) != rank {
		return nil, d.errPerm(in[0])
	}
	return out, nil
}

func (d *Transpose) errPerm(x tensor.Shape) error {
	return fmt.Errorf("x has shape %v and perm is %v, want each axis once", x, d.Perm)
}

// Forward implements Def.
func (d *Transpose) Forward(y Array, in []Array) {
	for j, from := range d.positions(in[0], y) {
		y.Data[j] = in[0].Data[from]
	}
}

// Differentiable implements Def.
func (*Transpose) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *Transpose) Grad(_ int, dx Array, in []Array, _, dy Array) {
	for j, from := range d.positions(in[0], dy) {
		dx.Data[from] = dy.Data[j]
	}
}

// positions lists where in x the elements of y come from.
func (d *Transpose) positions(x, y Array) []int {
	strides := rowMajor(x.Shape)
	permuted := make([]int, len(strides))
	for i, axis := range d.Perm {
		permuted[i] = strides[axis]
	}
	return strided(y.Shape, permuted, 0)
}
