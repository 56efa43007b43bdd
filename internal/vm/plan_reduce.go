package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// reduce emits a sum or a mean; other reductions take the plain way.
func (p *planner) reduce(u *unit, d *op.Reduce) {
	factor, ok := linear(u, d)
	if !ok {
		p.plain(u)
		return
	}
	x := p.values[children(u.head)[0]]
	y := p.out(u.head, x.layout)
	p.sumValue(d.Name(), y, x, factor)
}

func (p *planner) reduceGrad(u *unit, d *op.Reduce, dyNode *G.Node) {
	factor, ok := linear(u, d)
	if !ok {
		p.plainGrad(u, dyNode)
		return
	}
	dx := p.wanted(u.head, 0)
	dy := p.values[dyNode]
	to := p.out(dx, p.values[children(u.head)[0]].layout)
	w := newWalk(to, to, dy)
	step := w.inner().strides[1]
	scale := float32(factor)
	p.emit(d.Name()+"Grad", []*value{to}, []*value{dy}, w.over(p.Backend, 0, func(at [walkMost]int, n int) {
		for j := range n {
			to.data[at[0]+j] = scale * dy.data[at[1]+j*step]
		}
	}))
	p.settle(dx)
}

// linear returns the factor of the sum that d is.
func linear(u *unit, d *op.Reduce) (factor float64, ok bool) {
	switch d.Label {
	case op.Sum.Label:
		return 1, true
	case op.Mean.Label:
		return float64(size(u.head.Shape())) / float64(size(children(u.head)[0].Shape())), true
	}
	return 0, false
}
