package vm

import (
	"slices"

	"finetune/internal/kernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// transpose emits a permutation of axes. One that is how x or y lies in memory
// anyway is no copy.
func (p *planner) transpose(u *unit, d *op.Transpose) {
	x := p.values[children(u.head)[0]]
	p.values[u.head] = p.permuted(u.head.Shape(), x, d.Perm, func(l layout) *value { return p.out(u.head, l) })
}

func (p *planner) transposeGrad(u *unit, d *op.Transpose, dyNode *G.Node) {
	dx := p.wanted(u.head, 0)
	inverse := make([]int, len(d.Perm))
	for i, axis := range d.Perm {
		inverse[axis] = i
	}
	p.values[dx] = p.permuted(dx.Shape(), p.values[dyNode], inverse, func(l layout) *value { return p.out(dx, l) })
	p.settle(dx)
}

// permuted returns x with its axes permuted: x itself seen otherwise, or what
// out returns after a copy.
func (p *planner) permuted(shape tensor.Shape, x *value, perm []int, out func(l layout) *value) *value {
	for _, l := range []layout{logical, nhwc} {
		y := newValue(shape, l)
		if y.layout == l && liesAlike(y, x, perm) {
			y.view = x
			return y
		}
	}
	y := out(logical)
	var axes []kernel.Axis
	for _, axis := range physical(y) {
		axes = append(axes, kernel.Axis{Size: shape[axis], To: y.stride(axis), From: x.stride(perm[axis])})
	}
	p.emit("Transpose", []*value{y}, []*value{x}, func() { p.Backend.Permute(y.data, x.data, axes) })
	return y
}

// liesAlike reports whether y, whose axis i is axis perm[i] of x, has the same
// elements at the same places.
func liesAlike(y, x *value, perm []int) bool {
	var want, have []int // Axes of x as they lie in y, and in x.
	for _, axis := range physical(y) {
		if y.shape[axis] > 1 {
			want = append(want, perm[axis])
		}
	}
	for _, axis := range physical(x) {
		if x.shape[axis] > 1 {
			have = append(have, axis)
		}
	}
	return slices.Equal(want, have)
}
