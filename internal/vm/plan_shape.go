package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// reshape gives the tensor another shape; only a tensor that lies otherwise
// than row-major is copied.
func (p *planner) reshape(u *unit) { p.reinterpret(u.head, p.as(children(u.head)[0], logical)) }

func (p *planner) reshapeGrad(u *unit, dy *G.Node) {
	dx := p.wanted(u.head, 0)
	p.reinterpret(dx, p.as(dy, logical))
	p.settle(dx)
}

func (p *planner) reinterpret(n *G.Node, x *value) {
	v := newValue(n.Shape(), logical)
	v.view = x
	p.values[n] = v
}

// concat emits the concatenation along the channels; others take
// [planner.join].
func (p *planner) concat(u *unit, d *op.Concat) {
	if d.Axis != 1 || len(u.head.Shape()) != 4 {
		p.join(u, d)
		return
	}
	var parts []*value
	for _, in := range children(u.head) {
		parts = append(parts, p.as(in, nhwc))
	}
	y := p.out(u.head, nhwc)
	rows, cols := y.rowsCols()
	p.emit("Concat", []*value{y}, parts, func() {
		at := 0
		for _, x := range parts {
			_, width := x.rowsCols()
			for r := range rows {
				copy(y.data[r*cols+at:r*cols+at+width], x.data[r*width:])
			}
			at += width
		}
	})
}

func (p *planner) concatGrad(u *unit, d *op.Concat, dyNode *G.Node) {
	if d.Axis != 1 || len(u.head.Shape()) != 4 {
		p.joinedGrad(u, d, dyNode)
		return
	}
	dy := p.as(dyNode, nhwc)
	rows, cols := dy.rowsCols()
	at := 0
	for i, in := range children(u.head) {
		width, from := in.Shape()[1], at
		at += width
		dx := p.wanted(u.head, i)
		if dx == nil {
			continue
		}
		to := p.out(dx, nhwc)
		p.emit("ConcatGrad", []*value{to}, []*value{dy}, func() {
			for r := range rows {
				copy(to.data[r*width:(r+1)*width], dy.data[r*cols+from:])
			}
		})
		p.settle(dx)
	}
}
