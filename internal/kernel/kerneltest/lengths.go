package kerneltest

import (
	"testing"

	"finetune/internal/kernel"
)

// testLengths checks that wrong lengths panic instead of reaching beyond.
func testLengths(t *testing.T, b kernel.Backend) {
	f := func(n int) []float32 { return make([]float32, n) }
	g := square(1, 4, 2, 3, 3, 1, 1, 1, 1)
	pool := kernel.Pool{N: 1, H: 2, W: 2, C: 3, OutH: 1, OutW: 1, KernelH: 2, KernelW: 2, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1}
	act := kernel.Activation{Kind: kernel.Clip, Beta: 6}
	for name, call := range map[string]func(){
		"Conv":              func() { b.Conv(f(47), f(32), f(54), nil, nil, nil, g, act) },
		"Conv bias":         func() { b.Conv(f(48), f(32), f(54), nil, f(2), nil, g, act) },
		"Conv residual":     func() { b.Conv(f(48), f(32), f(54), nil, nil, f(47), g, act) },
		"Conv scale":        func() { b.Conv(f(8), f(8), f(4), f(1), nil, nil, square(1, 2, 2, 2, 1, 1, 0, 1, 1), act) },
		"Conv scale of 3×3": func() { b.Conv(f(48), f(32), f(54), f(3), nil, nil, g, act) },
		"ConvGradInput":     func() { b.ConvGradInput(f(31), f(48), f(54), nil, g) },
		"ConvGradInputFinish": func() {
			b.ConvGradInputFinish(f(32), f(48), f(54), nil, g, kernel.GradFinish{Act: act, Y: f(32), Sums: f(3)})
		},
		"ConvGrads": func() {
			b.ConvGrads(f(53), f(32), f(32), f(48), f(54), nil, g, kernel.GradFinish{Act: act, Y: f(32), Sums: f(2)})
		},
		"ConvGradWeights": func() { b.ConvGradWeights(f(53), f(32), f(48), g) },
		"MatMul":          func() { b.MatMul(f(6), f(4), f(5), nil, 2, 3, 2, false, false) },
		"MatMulStack": func() {
			b.MatMulStack(f(12), f(8), f(11), []kernel.Product{{}, {C: 6, A: 4, B: 6}}, kernel.Stack{M: 2, N: 3, K: 2}.Packed())
		},
		"MatMulStackSoftmax": func() {
			b.MatMulStackSoftmax(f(6), f(4), f(6), f(5), []kernel.Product{{}}, kernel.Stack{M: 2, N: 3, K: 2}.Packed())
		},
		"Permute":             func() { b.Permute(f(6), f(5), []kernel.Axis{{Size: 2, To: 3, From: 1}, {Size: 3, To: 1, From: 2}}) },
		"Softmax":             func() { b.Softmax(f(6), f(5), 1, 3, 2) },
		"SoftmaxGrad":         func() { b.SoftmaxGrad(f(6), f(6), f(5), 2, 3, 1) },
		"LayerNorm":           func() { b.LayerNorm(f(6), f(2), f(1), f(6), nil, nil, 2, 3, 1) },
		"LayerNormGrad":       func() { b.LayerNormGrad(f(6), f(3), nil, f(6), f(6), f(2), f(2), f(2), 2, 3) },
		"Activate":            func() { b.Activate(f(3), f(2), act) },
		"ActivateGrad":        func() { b.ActivateGrad(f(3), f(3), f(3), nil, act) },
		"ActivateGradSums":    func() { b.ActivateGradSums(f(6), f(2), f(6), nil, f(6), 2, 3, act) },
		"Add":                 func() { b.Add(f(3), f(3), f(2)) },
		"Mul":                 func() { b.Mul(f(3), f(2), f(3)) },
		"Affine":              func() { b.Affine(f(6), f(6), f(2), nil, nil, 2, 3, act) },
		"ColumnSums":          func() { b.ColumnSums(f(3), f(5), 2, 3) },
		"ColumnDots":          func() { b.ColumnDots(f(3), f(6), f(5), 2, 3) },
		"ScaleDots":           func() { b.ScaleDots(f(6), f(3), f(6), f(6), f(2), 2, 3) },
		"BatchStatistics":     func() { b.BatchStatistics(f(3), f(2), f(6), 2, 3) },
		"BatchNormGradSums":   func() { b.BatchNormGradSums(f(3), f(3), f(6), f(5), f(3), f(3), 2, 3) },
		"BatchNormGradInput":  func() { b.BatchNormGradInput(f(6), f(6), f(6), f(3), f(3), f(3), f(3), f(2), 2, 3) },
		"MaxPool":             func() { b.MaxPool(f(3), make([]int32, 2), f(12), pool) },
		"MaxPoolGrad":         func() { b.MaxPoolGrad(f(11), f(3), make([]int32, 3), pool) },
		"AveragePool":         func() { b.AveragePool(f(2), f(12), pool) },
		"AveragePoolGrad":     func() { b.AveragePoolGrad(f(12), f(2), pool) },
		"SoftmaxCrossEntropy": func() { b.SoftmaxCrossEntropy(nil, f(6), f(5), 2, 3, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic on a wrong length", name)
				}
			}()
			call()
		}()
	}
}
