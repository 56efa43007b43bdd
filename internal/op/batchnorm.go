package op

import (
	"fmt"

	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// BatchNorm is ONNX BatchNormalization:
// gamma·(x − mean)/√(variance + Epsilon) + beta, per channel.
//
// Inputs are x [N,C,...] and gamma, beta, mean and variance, all [C]. The
// inputs mean and variance are the running statistics; they have no gradient.
//
// Without Training they normalize: x − mean and variance are constants, and the
// gradient is that of an affine function per channel. With Training the mean
// and the biased variance of the batch normalize, over all axes but C, and the
// gradient goes through them (Ioffe and Szegedy, 2015, section 3); the running
// statistics do not enter the value.
//
// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
type BatchNorm struct {
	Epsilon  float64
	Training bool
	// Momentum tells who runs a training graph how the running statistics
	// move, as PyTorch has it: new = old·(1−Momentum) + batch·Momentum, where
	// batch is the batch's mean, and the batch's unbiased variance, Σ(x−mean)²
	// over count−1. ONNX's attribute momentum is 1−Momentum. The operator
	// itself moves nothing.
	Momentum float64
}

var _ Def = (*BatchNorm)(nil)

// Name implements Def.
func (*BatchNorm) Name() string { return "BatchNormalization" }

// Infer implements Def.
func (*BatchNorm) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 5, 5); err != nil {
		return nil, err
	}
	x := in[0]
	if len(x) < 2 {
		return nil, fmt.Errorf("x has shape %v, want rank 2 or more [N,C,...]", x)
	}
	for i, name := range []string{"gamma", "beta", "mean", "variance"} {
		if err := wantShape(name, in[1+i], x[1]); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// Forward implements Def.
func (d *BatchNorm) Forward(y Array, in []Array) {
	n, c, hw := channels(y.Shape)
	mean, variance := d.statistics(in)
	naive.BatchNorm(y.Data, in[0].Data, in[1].Data, in[2].Data, mean, variance, d.Epsilon, n, c, hw)
}

// Differentiable implements Def.
func (*BatchNorm) Differentiable(arity int) []bool { return firstKnown(3, arity) }

// Grad implements Def.
func (d *BatchNorm) Grad(i int, dx Array, in []Array, _, dy Array) {
	n, c, hw := channels(dy.Shape)
	x, gamma := in[0].Data, in[1].Data
	mean, variance := d.statistics(in)
	switch {
	case i == 0 && d.Training:
		naive.BatchNormTrainingGradInput(dx.Data, dy.Data, x, gamma, mean, variance, d.Epsilon, n, c, hw)
	case i == 0:
		naive.BatchNormGradInput(dx.Data, dy.Data, gamma, variance, d.Epsilon, n, c, hw)
	case i == 1:
		naive.BatchNormGradGamma(dx.Data, dy.Data, x, mean, variance, d.Epsilon, n, c, hw)
	case i == 2:
		naive.BatchNormGradBeta(dx.Data, dy.Data, n, c, hw)
	}
}

// statistics returns what x is normalized by.
func (d *BatchNorm) statistics(in []Array) (mean, variance []float64) {
	if !d.Training {
		return in[3].Data, in[4].Data
	}
	n, c, hw := channels(in[0].Shape)
	mean, variance = make([]float64, c), make([]float64, c)
	naive.BatchStatistics(mean, variance, in[0].Data, n, c, hw)
	return mean, variance
}

// channels sees a shape [N,C,...] as [n,c,hw].
func channels(shape tensor.Shape) (n, c, hw int) {
	return shape[0], shape[1], shape[2:].TotalSize()
}
