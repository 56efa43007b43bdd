package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

func testSoftmax(t *testing.T, b kernel.Backend) {
	for _, outer := range []int{0, 1, 3, 70} {
		for _, size := range []int{1, 2, 7, 8, 9, 15, 16, 17, 49, 197, 5000} {
			for _, inner := range []int{1, 3, 40, 130} {
				if outer*size*inner < 1<<18 {
					testSoftmaxSize(t, b, outer, size, inner)
				}
			}
		}
	}
	testSoftmaxExtremes(t, b)
}

func testSoftmaxSize(t *testing.T, b kernel.Backend, outer, size, inner int) {
	name := fmt.Sprintf("Softmax(%d,%d,%d)", outer, size, inner)
	s := newSource()
	n := outer * size * inner
	x, dy, y, dx := s.normal(n), s.normal(n), guarded(n), guarded(n)
	for i := range x {
		x[i] *= 5
	}
	want, wantDx := make([]float64, n), make([]float64, n)
	naive.Softmax(want, widen(x), outer, size, inner)
	b.Softmax(y, x, outer, size, inner)
	unit := make([]float64, n)
	for i, w := range want { // Rounding x−max makes a share of −log y/2 units.
		unit[i] = w * (1 - math.Log(max(w, 1e-37))/16)
	}
	compare(t, name, y, want, unit, exponents)
	b.Softmax(x, x, outer, size, inner)
	compare(t, name+" in place", x, want, unit, exponents)
	naive.SoftmaxGrad(wantDx, widen(dy), widen(y), outer, size, inner)
	// Its unit is y·(|dy| + Σ |dy·y|).
	negative := absolute(widen(dy))
	for i := range negative {
		negative[i] = -negative[i]
	}
	naive.SoftmaxGrad(unit, negative, widen(y), outer, size, inner)
	for i := range unit {
		unit[i] = 2*float64(y[i])*-negative[i] + unit[i]
	}
	b.SoftmaxGrad(dx, dy, y, outer, size, inner)
	compare(t, name+" gradient", dx, wantDx, unit, summed)
	b.SoftmaxGrad(dy, dy, y, outer, size, inner)
	compare(t, name+" gradient in place", dy, wantDx, unit, summed)
}

// testSoftmaxExtremes fails unless what is masked by −∞ is 0, large numbers do not
// overflow and NaN spreads over its row.
func testSoftmaxExtremes(t *testing.T, b kernel.Backend) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ x, want []float32 }{
		{[]float32{3e38, 3e38, -3e38}, []float32{0.5, 0.5, 0}},
		{[]float32{-inf, 2, -inf, 2}, []float32{0, 0.5, 0, 0.5}},
		{[]float32{0, -200, 0}, []float32{0.5, 0, 0.5}},
		{[]float32{1, nan, 2}, []float32{nan, nan, nan}},
		{[]float32{1, inf, 2}, []float32{0, nan, 0}},
		{[]float32{-inf, -inf}, []float32{nan, nan}},
	} {
		y := guarded(len(c.x))
		b.Softmax(y, c.x, 1, len(c.x), 1)
		for i, want := range c.want {
			if isNaN := want != want; y[i] != want && !(y[i] != y[i] && (isNaN || math.IsInf(float64(c.x[1]), 1))) {
				t.Errorf("Softmax(%v)[%d] = %v, want %v", c.x, i, y[i], want)
			}
		}
	}
}
