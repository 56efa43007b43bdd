package vm

import (
	"slices"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// matMul emits the products of two stacks of matrices.
func (p *planner) matMul(u *unit, d *op.MatMul) {
	in := children(u.head)
	a, b := p.as(in[0], logical), p.as(in[1], logical)
	y := p.out(u.head, logical)
	list, m, n, k := d.Products(a.shape, b.shape, y.shape)
	p.emit("MatMul", []*value{y}, []*value{a, b}, func() {
		for _, at := range list {
			p.Backend.MatMul(y.data[at.Y:at.Y+m*n], a.data[at.A:at.A+m*k], b.data[at.B:at.B+k*n], nil, m, n, k, false, false)
		}
	})
	p.multiplies(matrix(len(list)*m, k, n))
}

// matMulGrad emits da = dy·bᵀ and db = aᵀ·dy; a stack that is repeated takes
// the plain way.
func (p *planner) matMulGrad(u *unit, d *op.MatMul, dyNode *G.Node) {
	in := children(u.head)
	a, b, dy := p.as(in[0], logical), p.as(in[1], logical), p.as(dyNode, logical)
	list, m, n, k := d.Products(a.shape, b.shape, dy.shape)
	lead := dy.shape[:len(dy.shape)-2]
	for i, x := range []*value{a, b} {
		dx := p.wanted(u.head, i)
		switch {
		case dx == nil:
			continue
		case !slices.Equal(x.shape[:len(x.shape)-2], lead):
			p.plainGradOf(u, i, dx, dyNode)
			continue
		}
		to := p.out(dx, logical)
		if i == 0 {
			p.emit("MatMulGradA", []*value{to}, []*value{dy, b}, func() {
				for _, at := range list {
					p.Backend.MatMul(to.data[at.A:at.A+m*k], dy.data[at.Y:at.Y+m*n], b.data[at.B:at.B+k*n], nil, m, k, n, false, true)
				}
			})
		} else {
			p.emit("MatMulGradB", []*value{to}, []*value{a, dy}, func() {
				for _, at := range list {
					p.Backend.MatMul(to.data[at.B:at.B+k*n], a.data[at.A:at.A+m*k], dy.data[at.Y:at.Y+m*n], nil, k, n, m, true, false)
				}
			})
		}
		p.multiplies(matrix(len(list)*m, k, n))
		p.settle(dx)
	}
}
