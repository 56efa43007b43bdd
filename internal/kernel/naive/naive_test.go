package naive

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"finetune/internal/kernel"
)

func normal(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

func dot(a, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// checkGradient compares got with central differences of f with respect to x.
func checkGradient(t *testing.T, name string, got, x []float64, f func() float64) {
	t.Helper()
	const h, tolerance = 1e-5, 1e-6
	for i, saved := range x {
		x[i] = saved + h
		above := f()
		x[i] = saved - h
		below := f()
		x[i] = saved
		want := (above - below) / (2 * h)
		if !(math.Abs(got[i]-want) <= tolerance*max(1, math.Abs(want))) {
			t.Fatalf("%s: gradient[%d] = %v, want %v by differences", name, i, got[i], want)
		}
	}
}

// TestConvByHand convolves [[1,2],[3,4]], padded by one, with a 2x2 kernel.
func TestConvByHand(t *testing.T) {
	g := kernel.Conv{N: 1, H: 2, W: 2, C: 1, OutH: 3, OutW: 3, OutC: 1, KernelH: 2, KernelW: 2,
		StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, PadTop: 1, PadLeft: 1, Groups: 1}
	y := make([]float64, 9)
	Conv(y, []float64{1, 2, 3, 4}, []float64{1, 10, 100, 1000}, []float64{0.5}, g)
	want := []float64{1000.5, 2100.5, 200.5, 3010.5, 4321.5, 402.5, 30.5, 43.5, 4.5}
	for i := range y {
		if y[i] != want[i] {
			t.Errorf("y[%d] = %v, want %v", i, y[i], want[i])
		}
	}
}

func TestConvGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, g := range []kernel.Conv{
		{N: 2, H: 5, W: 4, C: 4, OutH: 3, OutW: 2, OutC: 6, KernelH: 3, KernelW: 2, StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, PadTop: 1, PadLeft: 0, Groups: 2},
		{N: 1, H: 6, W: 6, C: 3, OutH: 4, OutW: 4, OutC: 3, KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, DilationH: 2, DilationW: 2, PadTop: 1, PadLeft: 1, Groups: 3},
	} {
		x, w := normal(r, g.N*g.C*g.H*g.W), normal(r, g.OutC*g.C/g.Groups*g.KernelH*g.KernelW)
		bias, dy := normal(r, g.OutC), normal(r, g.N*g.OutC*g.OutH*g.OutW)
		y, dx, dw := make([]float64, len(dy)), make([]float64, len(x)), make([]float64, len(w))
		f := func() float64 { Conv(y, x, w, bias, g); return dot(y, dy) }
		ConvGradInput(dx, dy, w, g)
		ConvGradWeights(dw, x, dy, g)
		checkGradient(t, "ConvGradInput", dx, x, f)
		checkGradient(t, "ConvGradWeights", dw, w, f)
	}
}

func TestMatMul(t *testing.T) {
	a, b := []float64{1, 2, 3, 4, 5, 6}, []float64{1, 10, 100, 1000, 1e4, 1e5} // [2,3] and [3,2]
	aT, bT := []float64{1, 4, 2, 5, 3, 6}, []float64{1, 100, 1e4, 10, 1000, 1e5}
	want := []float64{30201.5, 302008, 60504.5, 605038}
	for variant := range 4 {
		left, right := a, b
		if variant&1 != 0 {
			left = aT
		}
		if variant&2 != 0 {
			right = bT
		}
		c := make([]float64, 4)
		MatMul(c, left, right, []float64{0.5, -2}, 2, 2, 3, variant&1 != 0, variant&2 != 0)
		for i := range c {
			if c[i] != want[i] {
				t.Errorf("variant %d: c[%d] = %v, want %v", variant, i, c[i], want[i])
			}
		}
	}
}

func TestActivateGradient(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, act := range []kernel.Activation{
		{Kind: kernel.Identity}, {Kind: kernel.Clip, Beta: 1}, {Kind: kernel.LeakyRelu, Alpha: 0.25}, {Kind: kernel.Sigmoid}, {Kind: kernel.HardSwish},
	} {
		x, dy := normal(r, 50), normal(r, 50)
		y, dx := make([]float64, 50), make([]float64, 50)
		ActivateGrad(dx, dy, x, act)
		checkGradient(t, fmt.Sprint(act.Kind), dx, x, func() float64 { Activate(y, x, act); return dot(y, dy) })
	}
}

func TestPoolGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	g := kernel.Pool{N: 2, H: 5, W: 6, C: 2, OutH: 3, OutW: 3, KernelH: 3, KernelW: 3, StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1,
		PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	x, dy := normal(r, g.N*g.C*g.H*g.W), normal(r, g.N*g.C*g.OutH*g.OutW)
	y, dx, argmax := make([]float64, len(dy)), make([]float64, len(x)), make([]int, len(dy))
	MaxPool(y, argmax, x, g)
	MaxPoolGrad(dx, dy, argmax, g)
	checkGradient(t, "MaxPoolGrad", dx, x, func() float64 { MaxPool(y, argmax, x, g); return dot(y, dy) })
	for _, g.CountIncludePad = range []bool{false, true} {
		AveragePoolGrad(dx, dy, g)
		checkGradient(t, "AveragePoolGrad", dx, x, func() float64 { AveragePool(y, x, g); return dot(y, dy) })
	}
}

func TestBatchNormGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const n, c, hw, epsilon = 3, 2, 4, 0.1
	x, dy, gamma, beta := normal(r, n*c*hw), normal(r, n*c*hw), normal(r, c), normal(r, c)
	mean, variance := make([]float64, c), make([]float64, c)
	BatchStatistics(mean, variance, x, n, c, hw)
	y, dx, dc := make([]float64, len(x)), make([]float64, len(x)), make([]float64, c)
	frozen := func() float64 {
		BatchNorm(y, x, gamma, beta, mean, variance, epsilon, n, c, hw)
		return dot(y, dy)
	}
	BatchNormGradInput(dx, dy, gamma, variance, epsilon, n, c, hw)
	checkGradient(t, "BatchNormGradInput", dx, x, frozen)
	BatchNormGradGamma(dc, dy, x, mean, variance, epsilon, n, c, hw)
	checkGradient(t, "BatchNormGradGamma", dc, gamma, frozen)
	BatchNormGradBeta(dc, dy, n, c, hw)
	checkGradient(t, "BatchNormGradBeta", dc, beta, frozen)
	BatchNormTrainingGradInput(dx, dy, x, gamma, mean, variance, epsilon, n, c, hw)
	checkGradient(t, "BatchNormTrainingGradInput", dx, x, func() float64 {
		BatchStatistics(mean, variance, x, n, c, hw)
		return frozen()
	})
}

func TestSoftmaxCrossEntropy(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const rows, classes = 3, 4
	z := normal(r, rows*classes)
	labels := []float64{0, 1, 0, 0, 0.5, 0, 0, 0.5, 0, 0, 0, 0}
	d := make([]float64, rows*classes)
	SoftmaxCrossEntropy(d, z, labels, rows, classes, 0.1)
	checkGradient(t, "SoftmaxCrossEntropy", d, z, func() float64 {
		return SoftmaxCrossEntropy(nil, z, labels, rows, classes, 0.1)
	})
	clear(z)
	if got, want := SoftmaxCrossEntropy(nil, z, labels, rows, classes, 0), math.Log(classes); math.Abs(got-want) > 1e-12 {
		t.Errorf("loss of equal logits = %v, want log %d = %v", got, classes, want)
	}
}
