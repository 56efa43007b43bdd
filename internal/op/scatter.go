package op

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Scatter replaces slices of x by those of updates: ONNX ScatterND with constant
// indices. Inputs are x and updates, which has Size elements for each of the
// places At; of several at one place the last one stays.
//
// https://onnx.ai/onnx/operators/onnx__ScatterND.html
type Scatter struct {
	At   []int // Where slices begin in x, seen as one line.
	Size int   // Elements of a slice, at least 1.
}

var _ Def = (*Scatter)(nil)

// Name implements Def.
func (*Scatter) Name() string { return "ScatterND" }

// Infer implements Def.
func (d *Scatter) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 2); err != nil {
		return nil, err
	}
	if in[1].TotalSize() != len(d.At)*d.Size {
		return nil, fmt.Errorf("updates has shape %v, want %d slices of %d elements", in[1], len(d.At), d.Size)
	}
	for _, at := range d.At {
		if at < 0 || at > in[0].TotalSize()-d.Size {
			return nil, fmt.Errorf("a slice of %d elements at %d of x, which has shape %v", d.Size, at, in[0])
		}
	}
	return in[0], nil
}

// Forward implements Def.
func (d *Scatter) Forward(y Array, in []Array) {
	copy(y.Data, in[0].Data)
	for k, at := range d.At {
		copy(y.Data[at:at+d.Size], in[1].Data[k*d.Size:])
	}
}

// Differentiable implements Def.
func (*Scatter) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *Scatter) Grad(i int, dx Array, _ []Array, _, dy Array) {
	if i == 0 {
		copy(dx.Data, dy.Data)
		for _, at := range d.At {
			clear(dx.Data[at : at+d.Size])
		}
		return
	}
	last := map[int]int{} // The slice that stays at a place.
	for k, at := range d.At {
		last[at] = k
	}
	for at, k := range last {
		copy(dx.Data[k*d.Size:(k+1)*d.Size], dy.Data[at:])
	}
}
