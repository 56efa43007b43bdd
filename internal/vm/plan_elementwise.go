package vm

import (
	"slices"

	"finetune/internal/kernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

var identity = kernel.Activation{}

// activate emits an activation that stands alone.
func (p *planner) activate(u *unit, d *op.Activate) {
	x := p.values[children(u.head)[0]]
	y := p.out(u.head, x.layout)
	p.emitInPlace(d.Name(), []*value{y}, []*value{x}, []*value{x}, func() { p.Backend.Activate(y.data, x.data, d.Activation) })
}

func (p *planner) activateGrad(u *unit, d *op.Activate, dyNode *G.Node) {
	dx := p.wanted(u.head, 0)
	y := p.values[u.head]
	dy := p.as(dyNode, y.layout)
	to := p.out(dx, y.layout)
	var x *value
	if !d.Activation.FromOutput() {
		x, y = p.as(children(u.head)[0], y.layout), nil
	}
	p.emitInPlace(d.Name()+"Grad", []*value{to}, present(dy, x, y), []*value{dy}, func() {
		p.Backend.ActivateGrad(to.data, dy.data, dataOf(x), dataOf(y), d.Activation)
	})
	p.settle(dx)
}

// binary emits an elementwise operation of two tensors of one shape; others
// broadcast.
func (p *planner) binary(u *unit, name string, compute func(y, a, b []float32)) {
	in := children(u.head)
	if whole := p.added[u.head]; whole != nil {
		p.reinterpret(u.head, p.as(whole, logical))
		return
	}
	if !slices.Equal(in[0].Shape(), in[1].Shape()) {
		p.broadcast(u, map[string]arithmetic{"Add": sums, "Mul": products}[name])
		return
	}
	a := p.values[in[0]]
	b := p.as(in[1], a.layout)
	y := p.out(u.head, a.layout)
	p.emitInPlace(name, []*value{y}, []*value{a, b}, []*value{a, b}, func() { compute(y.data, a.data, b.data) })
}

func (p *planner) addGrad(u *unit, dy *G.Node) {
	for i, in := range children(u.head) {
		dx := p.wanted(u.head, i)
		switch {
		case dx == nil:
		case slices.Equal(in.Shape(), u.head.Shape()):
			p.alias(dx, p.values[dy])
		default:
			p.broadcastGradOf(u, sums, i, dx, dy)
		}
	}
}

func (p *planner) mulGrad(u *unit, dyNode *G.Node) {
	in := children(u.head)
	for i := range in {
		dx := p.wanted(u.head, i)
		switch {
		case dx == nil:
		case slices.Equal(in[0].Shape(), in[1].Shape()):
			dy := p.values[dyNode]
			other := p.as(in[1-i], dy.layout)
			to := p.out(dx, dy.layout)
			p.emit("MulGrad", []*value{to}, []*value{dy, other}, func() { p.Backend.Mul(to.data, dy.data, other.data) })
			p.settle(dx)
		default:
			p.broadcastGradOf(u, products, i, dx, dyNode)
		}
	}
}
