package op

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Gather takes slices along one axis: y[…, k, …] = x[…, Indices[k], …]. It is
// ONNX Gather with constant indices, Slice, Split, Tile, Expand, and Pad by
// elements of x.
//
// https://onnx.ai/onnx/operators/onnx__Gather.html
type Gather struct {
	Axis    int   // In [0, rank).
	Indices []int // In [0, size of the axis).
}

var _ Def = (*Gather)(nil)

// Name implements Def.
func (*Gather) Name() string { return "Gather" }

// Infer implements Def.
func (d *Gather) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantAxis(d.Axis, in[0]); err != nil {
		return nil, err
	}
	for _, i := range d.Indices {
		if i < 0 || i >= in[0][d.Axis] {
			return nil, fmt.Errorf("index %d into axis %d of shape %v, want one from 0 to %d", i, d.Axis, in[0], in[0][d.Axis]-1)
		}
	}
	out := in[0].Clone()
	out[d.Axis] = len(d.Indices)
	return out, nil
}

// Forward implements Def.
func (d *Gather) Forward(y Array, in []Array) {
	size := in[0].Shape[d.Axis]
	_, inner := d.Around(in[0].Shape)
	for row := range len(y.Data) / max(inner, 1) {
		from := (row/len(d.Indices)*size + d.Indices[row%len(d.Indices)]) * inner
		copy(y.Data[row*inner:(row+1)*inner], in[0].Data[from:])
	}
}

// Differentiable implements Def.
func (*Gather) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def: what was taken several times gets the sum.
func (d *Gather) Grad(_ int, dx Array, in []Array, _, dy Array) {
	size := in[0].Shape[d.Axis]
	_, inner := d.Around(in[0].Shape)
	for row := range len(dy.Data) / max(inner, 1) {
		to := (row/len(d.Indices)*size + d.Indices[row%len(d.Indices)]) * inner
		for k := range inner {
			dx.Data[to+k] += dy.Data[row*inner+k]
		}
	}
}

// Around returns the elements of the axes before Axis and of those behind it.
func (d *Gather) Around(shape tensor.Shape) (outer, inner int) {
	return shape[:d.Axis].TotalSize(), shape[d.Axis+1:].TotalSize()
}
