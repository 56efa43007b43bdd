package kerneltest

import (
	"fmt"
	"testing"

	"finetune/internal/kernel"
)

// permuted returns the axes of a permutation of a row-major tensor: axis i of the
// destination is axis perm[i] of the source.
func permuted(shape, perm []int) []kernel.Axis {
	strides := make([]int, len(shape))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = n
		n *= shape[i]
	}
	axes := make([]kernel.Axis, len(shape))
	to := 1
	for i := len(shape) - 1; i >= 0; i-- {
		axes[i] = kernel.Axis{Size: shape[perm[i]], To: to, From: strides[perm[i]]}
		to *= shape[perm[i]]
	}
	return axes
}

func testPermute(t *testing.T, b kernel.Backend) {
	for _, c := range []struct{ shape, perm []int }{
		{nil, nil},
		{[]int{1}, []int{0}},
		{[]int{7}, []int{0}},
		{[]int{3, 0, 2}, []int{2, 1, 0}},
		{[]int{1, 5, 1, 1}, []int{2, 1, 0, 3}},
		{[]int{9, 17}, []int{1, 0}},
		{[]int{200, 131}, []int{1, 0}},
		{[]int{70000, 3}, []int{1, 0}},
		{[]int{3, 70000}, []int{1, 0}},
		{[]int{2, 197, 3, 64}, []int{0, 2, 1, 3}},
		{[]int{2, 3, 64, 197}, []int{0, 1, 3, 2}},
		{[]int{2, 50, 3, 2, 16}, []int{2, 0, 3, 1, 4}},
		{[]int{2, 4, 7, 4, 7, 5}, []int{0, 1, 3, 2, 4, 5}},
		{[]int{2, 3, 4, 5, 6}, []int{4, 3, 2, 1, 0}},
		{[]int{2, 3, 4, 5, 6}, []int{4, 0, 2, 1, 3}},
		{[]int{2, 2, 40, 30, 20}, []int{0, 2, 1, 3, 4}},
	} {
		n := 1
		for _, size := range c.shape {
			n *= size
		}
		src, dst, want := newSource().normal(n), guarded(n), make([]float64, n)
		axes := permuted(c.shape, c.perm)
		copyPermuted(want, widen(src), axes, 0, 0)
		b.Permute(dst, src, axes)
		compare(t, fmt.Sprintf("Permute %v by %v", c.shape, c.perm), dst, want, nil, exact)
	}
}

func copyPermuted(dst, src []float64, axes []kernel.Axis, to, from int) {
	if len(axes) == 0 {
		if len(dst) > 0 {
			dst[to] = src[from]
		}
		return
	}
	for i := range axes[0].Size {
		copyPermuted(dst, src, axes[1:], to+i*axes[0].To, from+i*axes[0].From)
	}
}
