package kerneltest

import (
	"fmt"
	"slices"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

func testMatMulStack(t *testing.T, b kernel.Backend) {
	for _, s := range []kernel.Stack{
		{M: 0, N: 3, K: 2}, {M: 2, N: 0, K: 3}, {M: 2, N: 3, K: 0}, {M: 1, N: 1, K: 1},
		{M: 5, N: 7, K: 3}, {M: 12, N: 32, K: 8}, {M: 13, N: 33, K: 9}, {M: 49, N: 49, K: 32}, {M: 49, N: 32, K: 49},
		{M: 197, N: 197, K: 64}, {M: 197, N: 64, K: 197}, {M: 64, N: 197, K: 197}, {M: 8, N: 16, K: 600}, {M: 30, N: 600, K: 500},
	} {
		for variant := range 8 {
			s.TransA, s.TransB = variant&1 != 0, variant&2 != 0
			packed := s.Packed()
			if variant&4 != 0 {
				if s.TransA && s.TransB {
					continue
				}
				packed.LdA, packed.LdB, packed.LdC = packed.LdA+5, packed.LdB+64, packed.LdC+7
			}
			for _, count := range []int{0, 1, 3, 20} {
				if count*s.M*s.N*s.K < 1<<23 {
					testStack(t, b, packed, count)
				}
			}
		}
	}
}

// testStack multiplies count matrices, two of which read the same a.
func testStack(t *testing.T, b kernel.Backend, s kernel.Stack, count int) {
	rowsA, colsA, rowsB, colsB := s.M, s.K, s.K, s.N
	if s.TransA {
		rowsA, colsA = colsA, rowsA
	}
	if s.TransB {
		rowsB, colsB = colsB, rowsB
	}
	src := newSource()
	a, bb := src.normal(count*rowsA*s.LdA), src.normal(count*rowsB*s.LdB)
	c := guarded(count * s.M * s.LdC)
	want, unit := widen(c), make([]float64, len(c))
	var list []kernel.Product
	for i := range count {
		list = append(list, kernel.Product{C: i * s.M * s.LdC, A: i / 2 * rowsA * s.LdA, B: i * rowsB * s.LdB})
	}
	product := make([]float64, s.M*s.N)
	for _, p := range list {
		tight := func(x []float32, at, rows, cols, ld int) []float64 {
			var y []float64
			for r := range rows {
				y = append(y, widen(x[at+r*ld:][:cols])...)
			}
			return y
		}
		wa, wb := tight(a, p.A, rowsA, colsA, s.LdA), tight(bb, p.B, rowsB, colsB, s.LdB)
		for _, to := range [][]float64{want, unit} {
			naive.MatMul(product, wa, wb, nil, s.M, s.N, s.K, s.TransA, s.TransB)
			for i, v := range product {
				to[p.C+i/s.N*s.LdC+i%s.N] = v
			}
			wa, wb = absolute(wa), absolute(wb)
		}
	}
	b.MatMulStack(c, a, bb, list, s)
	name := fmt.Sprintf("MatMulStack %+v of %d", s, count)
	compare(t, name, c, want, unit, summed)
	if s.N > 0 && s.N*s.M < 1<<12 {
		testStackSoftmax(t, b, name, c, a, bb, list, s)
	}
}

// testStackSoftmax compares with what the kernels that it stands for do one after
// the other with c, the products, to the last bit.
func testStackSoftmax(t *testing.T, b kernel.Backend, name string, c, a, bb []float32, list []kernel.Product, s kernel.Stack) {
	t.Helper()
	y := newSource().positive(len(c))
	got, gotGrad, want, wantGrad := guarded(len(c)), guarded(len(c)), slices.Clone(c), slices.Clone(c)
	for _, p := range list {
		for r := range s.M {
			from, to := p.C+r*s.LdC, p.C+r*s.LdC+s.N
			b.Softmax(want[from:to], want[from:to], 1, s.N, 1)
			b.SoftmaxGrad(wantGrad[from:to], wantGrad[from:to], y[from:to], 1, s.N, 1)
		}
	}
	b.MatMulStackSoftmax(got, a, bb, nil, list, s)
	compare(t, name+" and Softmax", got, widen(want), nil, exact)
	b.MatMulStackSoftmax(gotGrad, a, bb, y, list, s)
	compare(t, name+" and SoftmaxGrad", gotGrad, widen(wantGrad), nil, exact)
}
