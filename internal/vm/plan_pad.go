package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// pad emits x in a frame of one number. The result lies as x does.
func (p *planner) pad(u *unit, d *op.Pad) {
	x := p.activation(children(u.head)[0])
	y := p.out(u.head, x.layout)
	fill := flat(p.Backend, y.size(), func(lo, hi int) {
		for j := lo; j < hi; j++ {
			y.data[j] = float32(d.Value)
		}
	})
	w, from := framed(x, y, d.Pads)
	inside := w.over(p.Backend, 0, func(at [walkMost]int, n int) { copy(y.data[from+at[1]:from+at[1]+n], x.data[at[0]:]) })
	p.emit("Pad", []*value{y}, []*value{x}, func() { fill(); inside() })
}

func (p *planner) padGrad(u *unit, d *op.Pad, dyNode *G.Node) {
	dx := p.wanted(u.head, 0)
	dy := p.activation(dyNode)
	to := p.out(dx, dy.layout)
	w, from := framed(to, dy, d.Pads)
	p.emit("PadGrad", []*value{to}, []*value{dy}, w.over(p.Backend, 0, func(at [walkMost]int, n int) {
		copy(to.data[at[0]:at[0]+n], dy.data[from+at[1]:])
	}))
	p.settle(dx)
}

// framed returns the walk over x and over what of y it fills, which begins at
// from. Both lie alike, so lines are whole in both.
func framed(x, y *value, pads []int) (w *walk, from int) {
	w = &walk{}
	for _, axis := range physical(x) {
		w.add(walkAxis{size: x.shape[axis], strides: [walkMost]int{x.stride(axis), y.stride(axis)}})
		from += pads[axis] * y.stride(axis)
	}
	return w, from
}
