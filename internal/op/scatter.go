package op

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Scatter replaces slices of x by those of updates, or combines them: ONNX
// ScatterND with constant indices. Inputs are x and updates, which has Size
// elements for each of the places At. Without a reduction the last of several
// slices at one place stays.
//
// https://onnx.ai/onnx/operators/onnx__ScatterND.html
type Scatter struct {
	At        []int      // Where slices begin in x, seen as one line: multiples of Size.
	Size      int        // Elements of a slice, at least 1.
	Reduction *Reduction // Of an element of x and its updates; nil to replace.
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
	if d.Reduction == nil {
		for k, at := range d.At {
			copy(y.Data[at:at+d.Size], in[1].Data[k*d.Size:])
		}
		return
	}
	d.meetings(in, func(at int, _ []int, values []float64) { y.Data[at] = d.Reduction.Value(values) })
}

// Differentiable implements Def.
func (*Scatter) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *Scatter) Grad(i int, dx Array, in []Array, y, dy Array) {
	switch {
	case d.Reduction != nil:
		d.reductionGrad(i, dx, in, y, dy)
	case i == 0:
		copy(dx.Data, dy.Data)
		for _, at := range d.At {
			clear(dx.Data[at : at+d.Size])
		}
	default:
		last := map[int]int{} // The slice that stays at a place.
		for k, at := range d.At {
			last[at] = k
		}
		for at, k := range last {
			copy(dx.Data[k*d.Size:(k+1)*d.Size], dy.Data[at:])
		}
	}
}

func (d *Scatter) reductionGrad(i int, dx Array, in []Array, y, dy Array) {
	if i == 0 {
		copy(dx.Data, dy.Data)
	}
	var grad []float64
	d.meetings(in, func(at int, updates []int, values []float64) {
		grad = append(grad[:0], values...)
		d.Reduction.Grad(grad, values, y.Data[at], dy.Data[at])
		if i == 0 {
			dx.Data[at] = grad[0]
			return
		}
		for k, from := range updates {
			dx.Data[from] = grad[1+k]
		}
	})
}

// meetings visits the elements of x that have updates: where one lies, where
// its updates lie, and the values of it and of them.
func (d *Scatter) meetings(in []Array, visit func(at int, updates []int, values []float64)) {
	places := map[int][]int{} // Where the slices of updates begin.
	for k, at := range d.At {
		places[at] = append(places[at], k*d.Size)
	}
	for at, starts := range places {
		for j := range d.Size {
			updates, values := make([]int, len(starts)), []float64{in[0].Data[at+j]}
			for k, start := range starts {
				updates[k] = start + j
				values = append(values, in[1].Data[start+j])
			}
			visit(at+j, updates, values)
		}
	}
}
