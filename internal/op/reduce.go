package op

import (
	"slices"

	"gorgonia.org/tensor"
)

// Reduce combines the elements along some axes, which keep size 1.
//
// https://onnx.ai/onnx/operators/onnx__ReduceSum.html
type Reduce struct {
	Reduction
	Axes []int // In [0, rank), each once.
}

// A Reduction combines numbers to one.
type Reduction struct {
	Label string // The ONNX name of the operator.
	Value func(x []float64) float64
	// Grad sets dx to dy times the derivatives of the value y; nil if nothing
	// passes a gradient on.
	Grad func(dx, x []float64, y, dy float64)
}

var _ Def = (*Reduce)(nil)

// Name implements Def.
func (d *Reduce) Name() string { return d.Label }

// Infer implements Def.
func (d *Reduce) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	out := in[0].Clone()
	for _, axis := range d.Axes {
		if err := wantAxis(axis, in[0]); err != nil {
			return nil, err
		}
		out[axis] = 1
	}
	return out, nil
}

// Forward implements Def.
func (d *Reduce) Forward(y Array, in []Array) {
	starts, line := d.lines(in[0].Shape)
	x := make([]float64, len(line))
	for j, start := range starts {
		pick(x, in[0].Data, line, start)
		y.Data[j] = d.Value(x)
	}
}

// Differentiable implements Def.
func (d *Reduce) Differentiable(int) []bool { return []bool{d.Reduction.Grad != nil} }

// Grad implements Def.
func (d *Reduce) Grad(_ int, dx Array, in []Array, y, dy Array) {
	starts, line := d.lines(in[0].Shape)
	x, grad := make([]float64, len(line)), make([]float64, len(line))
	for j, start := range starts {
		pick(x, in[0].Data, line, start)
		d.Reduction.Grad(grad, x, y.Data[j], dy.Data[j])
		for k, at := range line {
			dx.Data[start+at] = grad[k]
		}
	}
}

// lines lists where the elements that become one begin, and where they lie
// from there.
func (d *Reduce) lines(shape []int) (starts, line []int) {
	strides := rowMajor(shape)
	kept, reduced := slices.Clone(shape), slices.Repeat([]int{1}, len(shape))
	for _, axis := range d.Axes {
		kept[axis], reduced[axis] = 1, shape[axis]
	}
	return strided(kept, strides, 0), strided(reduced, strides, 0)
}

// pick copies the elements of src that lie at the positions, from start on.
func pick(dst, src []float64, at []int, start int) {
	for k, i := range at {
		dst[k] = src[start+i]
	}
}
