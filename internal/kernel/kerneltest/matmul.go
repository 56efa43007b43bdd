package kerneltest

import (
	"fmt"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

func testMatMul(t *testing.T, b kernel.Backend) {
	for _, m := range sizes {
		for _, n := range sizes {
			for _, k := range sizes {
				testMatMulSize(t, b, m, n, k)
			}
		}
	}
	for _, s := range [][3]int{{32, 102, 1280}, {32, 1280, 102}, {1280, 102, 32}, {50, 40, 400}, {13, 300, 769}, {300, 24, 24}, {900, 3, 5}, {3, 5, 2000},
		// Rows that lie in few sets of a cache.
		{512, 70, 130}, {40, 512, 130}, {100, 512, 512}, {31, 1020, 9}, {7, 64, 1024}, {90, 100, 1024}} {
		testMatMulSize(t, b, s[0], s[1], s[2])
	}
}

func testMatMulSize(t *testing.T, b kernel.Backend, m, n, k int) {
	for variant := range 8 {
		transA, transB, withBias := variant&1 != 0, variant&2 != 0, variant&4 != 0
		s := newSource()
		a, bb, c := s.normal(m*k), s.normal(k*n), guarded(m*n)
		var bias []float32
		if withBias {
			bias = s.normal(n)
		}
		b.MatMul(c, a, bb, bias, m, n, k, transA, transB)
		want, scale := make([]float64, m*n), make([]float64, m*n)
		naive.MatMul(want, widen(a), widen(bb), widen(bias), m, n, k, transA, transB)
		naive.MatMul(scale, absolute(widen(a)), absolute(widen(bb)), absolute(widen(bias)), m, n, k, transA, transB)
		name := fmt.Sprintf("MatMul(%d,%d,%d,%v,%v,bias %v)", m, n, k, transA, transB, withBias)
		compare(t, name, c, want, scale, summed)
	}
}
