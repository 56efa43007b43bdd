package op

import (
	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// CrossEntropy is the mean over the batch of −Σ target·log softmax(logits).
//
// Inputs are logits and labels, both [N,K]; the output is a scalar. A row of
// labels is a distribution, such as one-hot; an all-zero row is padding: it
// does not count, and its gradient is zero. The target is
// (1−Smoothing)·label + Smoothing/K (Szegedy et al., 2016, section 7). Labels
// have no gradient.
type CrossEntropy struct{ Smoothing float64 } // In [0, 1).

var _ Def = (*CrossEntropy)(nil)

// Name implements Def.
func (*CrossEntropy) Name() string { return "SoftmaxCrossEntropyLoss" }

// Infer implements Def.
func (*CrossEntropy) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 2); err != nil {
		return nil, err
	}
	if err := wantRank("logits", in[0], 2, "[N,K]"); err != nil {
		return nil, err
	}
	return tensor.ScalarShape(), wantShape("labels", in[1], in[0]...)
}

// Forward implements Def.
func (d *CrossEntropy) Forward(y Array, in []Array) { y.Data[0] = d.loss(nil, in) }

// Differentiable implements Def.
func (*CrossEntropy) Differentiable(arity int) []bool { return firstKnown(1, arity) }

// Grad implements Def.
func (d *CrossEntropy) Grad(_ int, dx Array, in []Array, _, dy Array) {
	d.loss(dx.Data, in)
	for j := range dx.Data {
		dx.Data[j] *= dy.Data[0]
	}
}

func (d *CrossEntropy) loss(dlogits []float64, in []Array) float64 {
	rows, classes := in[0].Shape[0], in[0].Shape[1]
	return naive.SoftmaxCrossEntropy(dlogits, in[0].Data, in[1].Data, rows, classes, d.Smoothing)
}
