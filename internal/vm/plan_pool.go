package vm

import (
	"finetune/internal/kernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

func (p *planner) maxPool(u *unit, d *op.MaxPool) {
	in := children(u.head)[0]
	g := d.Geometry(in.Shape())
	x := p.as(in, nhwc)
	y := p.out(u.head, nhwc)
	argmax := make([]int32, y.size())
	p.machine.argmax[u] = argmax
	p.emit("MaxPool", []*value{y}, []*value{x}, func() { p.Backend.MaxPool(y.data, argmax, x.data, g) })
}

func (p *planner) maxPoolGrad(u *unit, d *op.MaxPool, dyNode *G.Node) {
	g := d.Geometry(children(u.head)[0].Shape())
	dx := p.wanted(u.head, 0)
	argmax := p.machine.argmax[u]
	dy := p.as(dyNode, nhwc)
	to := p.out(dx, nhwc)
	p.emit("MaxPoolGrad", []*value{to}, []*value{dy}, func() { p.Backend.MaxPoolGrad(to.data, dy.data, argmax, g) })
	p.settle(dx)
}

func (p *planner) averagePool(u *unit, g kernel.Pool) {
	x := p.as(children(u.head)[0], nhwc)
	y := p.out(u.head, nhwc)
	p.emit("AveragePool", []*value{y}, []*value{x}, func() { p.Backend.AveragePool(y.data, x.data, g) })
}

func (p *planner) averagePoolGrad(u *unit, g kernel.Pool, dyNode *G.Node) {
	dx := p.wanted(u.head, 0)
	dy := p.as(dyNode, nhwc)
	to := p.out(dx, nhwc)
	p.emit("AveragePoolGrad", []*value{to}, []*value{dy}, func() { p.Backend.AveragePoolGrad(to.data, dy.data, g) })
	p.settle(dx)
}
