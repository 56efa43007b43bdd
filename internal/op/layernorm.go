package op

import (
	"math"

	"gorgonia.org/tensor"
)

// LayerNorm is ONNX LayerNormalization: (x − mean)/√(variance + Epsilon), with
// mean and biased variance over the axes from Axis on (Ba et al., 2016), times
// scale plus bias.
//
// Inputs are x and, optionally, scale and bias of the shape of the normalized
// axes. Group and instance normalization are a LayerNorm without them between
// two reshapes.
//
// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
type LayerNorm struct {
	Axis    int // In [0, rank).
	Epsilon float64
}

var _ Def = (*LayerNorm)(nil)

// Name implements Def.
func (*LayerNorm) Name() string { return "LayerNormalization" }

// Infer implements Def.
func (d *LayerNorm) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 3); err != nil {
		return nil, err
	}
	if err := wantAxis(d.Axis, in[0]); err != nil {
		return nil, err
	}
	for i, name := range []string{"scale", "bias"} {
		if i+1 < len(in) {
			if err := wantShape(name, in[i+1], in[0][d.Axis:]...); err != nil {
				return nil, err
			}
		}
	}
	return in[0], nil
}

// Size returns how many elements of an x of that shape are normalized together.
func (d *LayerNorm) Size(x tensor.Shape) int { return x[d.Axis:].TotalSize() }

// Forward implements Def.
func (d *LayerNorm) Forward(y Array, in []Array) {
	size := d.Size(in[0].Shape)
	for at := 0; at < len(y.Data); at += size {
		row := y.Data[at : at+size]
		d.normalize(row, in[0].Data[at:at+size])
		for k := range row {
			if len(in) > 1 {
				row[k] *= in[1].Data[k]
			}
			if len(in) > 2 {
				row[k] += in[2].Data[k]
			}
		}
	}
}

// normalize sets xhat to the normalized x, and returns 1/√(variance + Epsilon).
func (d *LayerNorm) normalize(xhat, x []float64) (invStd float64) {
	mean, variance := sum(x)/float64(len(x)), 0.0
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	invStd = 1 / math.Sqrt(variance/float64(len(x))+d.Epsilon)
	for k, v := range x {
		xhat[k] = (v - mean) * invStd
	}
	return invStd
}

// Differentiable implements Def.
func (*LayerNorm) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def. With g = dy·scale, dx = invStd·(g − mean(g) −
// xhat·mean(g·xhat)).
func (d *LayerNorm) Grad(i int, dx Array, in []Array, _, dy Array) {
	size := d.Size(in[0].Shape)
	xhat, g := make([]float64, size), make([]float64, size)
	for at := 0; at < len(dy.Data); at += size {
		invStd := d.normalize(xhat, in[0].Data[at:at+size])
		copy(g, dy.Data[at:at+size])
		switch i {
		case 0:
			if len(in) > 1 {
				for k := range g {
					g[k] *= in[1].Data[k]
				}
			}
			meanG, meanGX := 0.0, 0.0
			for k, v := range g {
				meanG += v / float64(size)
				meanGX += v * xhat[k] / float64(size)
			}
			for k, v := range g {
				dx.Data[at+k] = invStd * (v - meanG - xhat[k]*meanGX)
			}
		case 1:
			for k, v := range g {
				dx.Data[k] += v * xhat[k]
			}
		case 2:
			for k, v := range g {
				dx.Data[k] += v
			}
		}
	}
}
