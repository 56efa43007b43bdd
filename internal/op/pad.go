package op

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Pad is ONNX Pad in constant mode.
//
// https://onnx.ai/onnx/operators/onnx__Pad.html
type Pad struct {
	Pads  []int // The begin of each axis, then the end of each axis; not negative.
	Value float64
}

var _ Def = (*Pad)(nil)

// Name implements Def.
func (*Pad) Name() string { return "Pad" }

// Infer implements Def.
func (d *Pad) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	rank := len(in[0])
	if len(d.Pads) != 2*rank {
		return nil, fmt.Errorf("x has shape %v and pads are %v, want %d of them", in[0], d.Pads, 2*rank)
	}
	if err := wantAttributes("pads", 0, d.Pads...); err != nil {
		return nil, err
	}
	out := in[0].Clone()
	for i, p := range d.Pads {
		out[i%rank] += p
	}
	return out, nil
}

// Forward implements Def.
func (d *Pad) Forward(y Array, in []Array) {
	for j := range y.Data {
		y.Data[j] = d.Value
	}
	for j, at := range d.positions(in[0], y) {
		y.Data[at] = in[0].Data[j]
	}
}

// Differentiable implements Def.
func (*Pad) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *Pad) Grad(_ int, dx Array, in []Array, _, dy Array) {
	for j, at := range d.positions(in[0], dy) {
		dx.Data[j] = dy.Data[at]
	}
}

// positions lists where in y the elements of x lie.
func (d *Pad) positions(x, y Array) []int {
	strides := rowMajor(y.Shape)
	offset := 0
	for axis, stride := range strides {
		offset += d.Pads[axis] * stride
	}
	return strided(x.Shape, strides, offset)
}
