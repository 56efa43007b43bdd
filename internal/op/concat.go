package op

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Concat is ONNX Concat of one or more inputs, which differ in the size of Axis
// alone.
//
// https://onnx.ai/onnx/operators/onnx__Concat.html
type Concat struct{ Axis int } // In [0, rank).

var _ Def = (*Concat)(nil)

// Name implements Def.
func (*Concat) Name() string { return "Concat" }

// Infer implements Def.
func (d *Concat) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("0 inputs, want at least 1")
	}
	if err := wantAxis(d.Axis, in[0]); err != nil {
		return nil, err
	}
	out := in[0].Clone()
	for i, x := range in[1:] {
		if len(x) != len(out) {
			return nil, fmt.Errorf("input %d has shape %v, want rank %d as input 0 of shape %v", i+1, x, len(out), in[0])
		}
		for axis := range x {
			if axis != d.Axis && x[axis] != out[axis] {
				return nil, fmt.Errorf("input %d has shape %v, want that of input 0, %v, but for axis %d", i+1, x, in[0], d.Axis)
			}
		}
		out[d.Axis] += x[d.Axis]
	}
	return out, nil
}

// Forward implements Def.
func (d *Concat) Forward(y Array, in []Array) {
	for i, x := range in {
		for j, at := range d.positions(i, in, y) {
			y.Data[at] = x.Data[j]
		}
	}
}

// Differentiable implements Def.
func (*Concat) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *Concat) Grad(i int, dx Array, in []Array, _, dy Array) {
	for j, at := range d.positions(i, in, dy) {
		dx.Data[j] = dy.Data[at]
	}
}

// positions lists where in y the elements of in[i] lie.
func (d *Concat) positions(i int, in []Array, y Array) []int {
	strides := rowMajor(y.Shape)
	before := 0
	for _, x := range in[:i] {
		before += x.Shape[d.Axis]
	}
	return strided(in[i].Shape, strides, before*strides[d.Axis])
}
