package op

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Resample makes each slice along one axis of a weighted sum of slices of x:
// one axis of ONNX Resize.
//
// https://onnx.ai/onnx/operators/onnx__Resize.html
type Resample struct {
	Axis int     // In [0, rank).
	Taps [][]Tap // For each slice of the output.
	Fill float64 // What slices without taps hold.
}

// A Tap is a slice of the input with its weight.
type Tap struct {
	From   int // In [0, size of the axis).
	Weight float64
}

var _ Def = (*Resample)(nil)

// Name implements Def.
func (*Resample) Name() string { return "Resize" }

// Infer implements Def.
func (d *Resample) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantAxis(d.Axis, in[0]); err != nil {
		return nil, err
	}
	for _, taps := range d.Taps {
		for _, t := range taps {
			if t.From < 0 || t.From >= in[0][d.Axis] {
				return nil, fmt.Errorf("tap at %d of axis %d of shape %v, want one from 0 to %d", t.From, d.Axis, in[0], in[0][d.Axis]-1)
			}
		}
	}
	out := in[0].Clone()
	out[d.Axis] = len(d.Taps)
	return out, nil
}

// Forward implements Def.
func (d *Resample) Forward(y Array, in []Array) {
	d.rows(in[0].Shape, func(to, inner int, taps []Tap, from int) {
		if len(taps) == 0 {
			fillWith(y.Data[to:to+inner], d.Fill)
		}
		for _, t := range taps {
			for k := range inner {
				y.Data[to+k] += t.Weight * in[0].Data[from+t.From*inner+k]
			}
		}
	})
}

// Differentiable implements Def.
func (*Resample) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *Resample) Grad(_ int, dx Array, in []Array, _, dy Array) {
	d.rows(in[0].Shape, func(to, inner int, taps []Tap, from int) {
		for _, t := range taps {
			for k := range inner {
				dx.Data[from+t.From*inner+k] += t.Weight * dy.Data[to+k]
			}
		}
	})
}

// rows visits the slices of the output: where one lies, its size, its taps,
// and where slice 0 of x lies.
func (d *Resample) rows(x tensor.Shape, visit func(to, inner int, taps []Tap, from int)) {
	outer, inner := x[:d.Axis].TotalSize(), x[d.Axis+1:].TotalSize()
	for o := range outer {
		for i, taps := range d.Taps {
			visit((o*len(d.Taps)+i)*inner, inner, taps, o*x[d.Axis]*inner)
		}
	}
}
