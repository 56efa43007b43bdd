package vm

import (
	"slices"

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
	w := &walk{}
	for _, axis := range physical(y) {
		w.add(walkAxis{size: shape[axis], strides: [walkMost]int{y.stride(axis), x.stride(perm[axis])}})
	}
	if len(w.axes) == 0 {
		w.axes = []walkAxis{{size: 1}}
	}
	i := w.inner()
	to, from := i.strides[0], i.strides[1]
	p.emit("Transpose", []*value{y}, []*value{x}, w.over(p.Backend, 0, func(at [walkMost]int, n int) {
		dst, src := y.data[at[0]:], x.data[at[1]:]
		if to == 1 && from == 1 {
			copy(dst[:n], src)
			return
		}
		for j := range n {
			dst[j*to] = src[j*from]
		}
	}))
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
