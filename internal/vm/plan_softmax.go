package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// softmax emits Softmax along any axis. The result lies as x does.
func (p *planner) softmax(u *unit, d *op.Softmax) {
	if whole := p.added[u.head]; whole != nil {
		p.reinterpret(u.head, p.as(whole, logical))
		return
	}
	x := p.activation(children(u.head)[0])
	y := p.out(u.head, x.layout)
	size := y.shape[d.Axis]
	outer, inner := around(y, d.Axis)
	p.emitInPlace("Softmax", []*value{y}, []*value{x}, []*value{x}, func() { p.Backend.Softmax(y.data, x.data, outer, size, inner) })
}

func (p *planner) softmaxGrad(u *unit, d *op.Softmax, dyNode *G.Node) {
	dx := p.wanted(u.head, 0)
	if p.added[dyNode] != nil {
		p.alias(dx, p.values[dyNode])
		return
	}
	y := p.activation(u.head)
	dy := p.as(dyNode, y.layout)
	to := p.out(dx, y.layout)
	size := y.shape[d.Axis]
	outer, inner := around(y, d.Axis)
	p.emitInPlace("SoftmaxGrad", []*value{to}, []*value{dy, y}, []*value{dy}, func() {
		p.Backend.SoftmaxGrad(to.data, dy.data, y.data, outer, size, inner)
	})
	p.settle(dx)
}
