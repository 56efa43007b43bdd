package op

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"
)

// LRN is ONNX LRN, local response normalization over channels (Krizhevsky et
// al., 2012, section 3.3): x/(Bias + Alpha/Size·Σ x²)^Beta, with the sum over
// Size channels around each, ⌊(Size−1)/2⌋ of them before it.
//
// x has shape [N,C,...].
//
// https://onnx.ai/onnx/operators/onnx__LRN.html
type LRN struct {
	Size              int // At least 1.
	Alpha, Beta, Bias float64
}

var _ Def = (*LRN)(nil)

// Name implements Def.
func (*LRN) Name() string { return "LRN" }

// Infer implements Def.
func (d *LRN) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	if len(in[0]) < 2 {
		return nil, fmt.Errorf("x has shape %v, want rank 2 or more [N,C,...]", in[0])
	}
	return in[0], wantAttributes("size", 1, d.Size)
}

// Forward implements Def.
func (d *LRN) Forward(y Array, in []Array) {
	for j, base := range d.bases(in[0]) {
		y.Data[j] = in[0].Data[j] * math.Pow(base, -d.Beta)
	}
}

// Differentiable implements Def.
func (*LRN) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def: dx = dy·base^−Beta − 2·Beta·Alpha/Size·x·Σ dy·y/base,
// with the sum over the channels whose windows hold this one.
func (d *LRN) Grad(_ int, dx Array, in []Array, y, dy Array) {
	bases := d.bases(in[0])
	for j, base := range bases {
		dx.Data[j] = dy.Data[j] * math.Pow(base, -d.Beta)
	}
	d.windows(in[0].Shape, func(j, k int) {
		dx.Data[k] -= 2 * d.Beta * d.Alpha / float64(d.Size) * in[0].Data[k] * dy.Data[j] * y.Data[j] / bases[j]
	})
}

// bases returns Bias + Alpha/Size·Σ x² for each element.
func (d *LRN) bases(x Array) []float64 {
	bases := make([]float64, len(x.Data))
	fillWith(bases, d.Bias)
	d.windows(x.Shape, func(j, k int) {
		bases[j] += d.Alpha / float64(d.Size) * x.Data[k] * x.Data[k]
	})
	return bases
}

// windows visits the elements k in the window of each element j.
func (d *LRN) windows(shape []int, visit func(j, k int)) {
	n, c, hw := channels(shape)
	before := (d.Size - 1) / 2
	for image := range n {
		for channel := range c {
			first, last := max(channel-before, 0), min(channel-before+d.Size-1, c-1)
			for other := first; other <= last; other++ {
				for p := range hw {
					visit((image*c+channel)*hw+p, (image*c+other)*hw+p)
				}
			}
		}
	}
}
