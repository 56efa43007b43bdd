// Package kerneltest is the test suite and the benchmark that every
// kernel.Backend runs.
//
// The suite compares a backend with the float64 definitions of package naive
// at the sizes where inner loops end. It hands every destination over full of
// NaN and between guards, so that what is not written, or written beside, shows.
package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"finetune/internal/kernel"
)

// Run tests b against the definitions.
func Run(t *testing.T, b kernel.Backend) {
	t.Run("Conv", func(t *testing.T) { testConv(t, b) })
	t.Run("MatMul", func(t *testing.T) { testMatMul(t, b) })
	t.Run("MatMulStack", func(t *testing.T) { testMatMulStack(t, b) })
	t.Run("Permute", func(t *testing.T) { testPermute(t, b) })
	t.Run("Functions", func(t *testing.T) { testFunctions(t, b); testExpDenormal(t, b) })
	t.Run("Softmax", func(t *testing.T) { testSoftmax(t, b) })
	t.Run("LayerNorm", func(t *testing.T) { testLayerNorm(t, b) })
	t.Run("Activate", func(t *testing.T) { testActivate(t, b) })
	t.Run("Elementwise", func(t *testing.T) { testElementwise(t, b) })
	t.Run("Affine", func(t *testing.T) { testAffine(t, b) })
	t.Run("Columns", func(t *testing.T) { testColumns(t, b) })
	t.Run("BatchNorm", func(t *testing.T) { testBatchNorm(t, b) })
	t.Run("Pool", func(t *testing.T) { testPool(t, b) })
	t.Run("SoftmaxCrossEntropy", func(t *testing.T) { testSoftmaxCrossEntropy(t, b) })
	t.Run("Loops", func(t *testing.T) { testLoops(t, b) })
	t.Run("Lengths", func(t *testing.T) { testLengths(t, b) })
}

// The tolerances, in units of what a kernel computes.
const (
	epsilon = 1.0 / (1 << 23) // Distance from 1 to the next float32.

	exact     = 0           // Copies, comparisons and single operations.
	rounded   = 3 * epsilon // A few operations, relative to their operands.
	summed    = 4 * epsilon // Sums, relative to the sum of absolute terms.
	exponents = 8 * epsilon // Exponentials and what is made of them.
)

// sizes are those where vectors of 8, panels of 16 and tiles of 6 end.
var sizes = []int{0, 1, 7, 8, 9, 17}

// A source makes operands.
type source struct{ *rand.Rand }

func newSource() source { return source{rand.New(rand.NewPCG(1, 2))} }

// normal returns n normal numbers, between guards.
func (s source) normal(n int) []float32 {
	x := guarded(n)
	for i := range x {
		x[i] = float32(s.NormFloat64())
	}
	return x
}

// positive returns n numbers in [½, 2).
func (s source) positive(n int) []float32 {
	x := guarded(n)
	for i := range x {
		x[i] = float32(0.5 + 1.5*s.Float64())
	}
	return x
}

const guard = 32

// guarded returns n NaNs with guard more on either side.
func guarded(n int) []float32 {
	x := make([]float32, n+2*guard)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	return x[guard : guard+n : guard+n+guard]
}

// checkGuards fails if memory around x, made by guarded, was written.
func checkGuards(t *testing.T, name string, x []float32) {
	t.Helper()
	for i, v := range x[len(x):cap(x)] {
		if v == v {
			t.Fatalf("%s[%d] = %v: written past the end of %d", name, len(x)+i, v, len(x))
		}
	}
}

func widen(x []float32) []float64 {
	if x == nil {
		return nil
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func absolute(x []float64) []float64 {
	if x == nil {
		return nil
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Abs(v)
	}
	return y
}

// addAbsolute adds |x| to scale.
func addAbsolute(scale, x []float64) {
	for i, v := range x {
		scale[i] += math.Abs(v)
	}
}

// compare fails unless |got−want| ≤ tolerance·scale everywhere. scale nil
// means |want|.
func compare(t *testing.T, name string, got []float32, want, scale []float64, tolerance float64) {
	t.Helper()
	checkGuards(t, name, got)
	bad := 0
	for i, w := range want {
		unit := math.Abs(w)
		if scale != nil {
			unit = scale[i]
		}
		g := float64(got[i])
		if g == w || math.IsNaN(g) && math.IsNaN(w) || math.Abs(g-w) <= tolerance*unit+1e-37 {
			continue
		}
		t.Errorf("%s[%d] = %v, want %v (off by %.2g, allowed %.2g)", name, i, g, w, math.Abs(g-w), tolerance*unit)
		if bad++; bad == 3 {
			return
		}
	}
}

// activations are the kinds that follow a sum in networks, with bounds as they
// occur.
var activations = []kernel.Activation{
	{Kind: kernel.Identity},
	{Kind: kernel.Clip, Alpha: 0, Beta: float32(math.Inf(1))},
	{Kind: kernel.Clip, Alpha: 0, Beta: 6},
	{Kind: kernel.Clip, Alpha: -1, Beta: 0.5},
	{Kind: kernel.LeakyRelu, Alpha: 0.1},
	{Kind: kernel.LeakyRelu, Alpha: -0.5},
	{Kind: kernel.Sigmoid},
	{Kind: kernel.HardSwish},
	{Kind: kernel.Swish},
	{Kind: kernel.Gelu},
}

// toNCHW returns NHWC x as float64 NCHW, fromNCHW the way back.
func toNCHW(x []float32, n, c, h, w int) []float64 {
	if x == nil {
		return nil
	}
	y := make([]float32, len(x))
	kernel.ToNCHW(y, x, n, c, h, w)
	return widen(y)
}

func fromNCHW(x []float64, n, c, h, w int) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		in, ic, p := i/(c*h*w), i/(h*w)%c, i%(h*w)
		y[(in*h*w+p)*c+ic] = x[i]
	}
	return y
}
