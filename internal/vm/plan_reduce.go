package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// reduce emits a sum, a mean, a sum of squares or its root; other reductions
// take the plain way.
func (p *planner) reduce(u *unit, d *op.Reduce) {
	x := p.values[children(u.head)[0]]
	factor, ok := linear(u, d)
	switch {
	case ok:
		p.sumValue(d.Name(), p.out(u.head, x.layout), x, factor)
	case d.Label == op.L2.Label || d.Label == op.Square.Label:
		y := p.out(u.head, x.layout)
		p.sumSquares(d.Name(), y, x, d.Label == op.L2.Label)
	default:
		p.plain(u)
	}
}

func (p *planner) reduceGrad(u *unit, d *op.Reduce, dyNode *G.Node) {
	if d.Label == op.L2.Label || d.Label == op.Square.Label {
		p.squaresGrad(u, d, dyNode)
		return
	}
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

// squaresGrad emits 2·dy·x, or for the root dy·x/y, which is 0 at the origin.
func (p *planner) squaresGrad(u *unit, d *op.Reduce, dyNode *G.Node) {
	dx := p.wanted(u.head, 0)
	x := p.values[children(u.head)[0]]
	y := p.as(u.head, x.layout)
	dy := p.as(dyNode, x.layout)
	factor := newValue(y.shape, x.layout)
	root := d.Label == op.L2.Label
	p.emit(d.Name()+"Grad factor", []*value{factor}, []*value{dy, y}, func() {
		for j, g := range dy.data {
			switch {
			case !root:
				factor.data[j] = 2 * g
			case y.data[j] > 0:
				factor.data[j] = g / y.data[j]
			default:
				factor.data[j] = 0
			}
		}
	})
	to := p.out(dx, x.layout)
	p.emit(d.Name()+"Grad", []*value{to}, []*value{x, factor}, p.product(to, x, factor))
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
