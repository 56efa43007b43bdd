package vm

import (
	"slices"

	"finetune/internal/kernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// matMul emits the products of two stacks of matrices.
func (p *planner) matMul(u *unit, d *op.MatMul) {
	in := children(u.head)
	a, b := p.as(in[0], logical), p.as(in[1], logical)
	y := p.out(u.head, logical)
	products, m, n, k := d.Products(a.shape, b.shape, y.shape)
	list := stacked(products, 0, 1, 2)
	s := kernel.Stack{M: m, N: n, K: k}.Packed()
	p.emit("MatMul", []*value{y}, []*value{a, b}, func() { p.Backend.MatMulStack(y.data, a.data, b.data, list, s) })
	p.multiplies(matrix(len(list)*m, k, n))
}

// matMulGrad emits da = dy·bᵀ and db = aᵀ·dy; a stack that is repeated takes
// the plain way.
func (p *planner) matMulGrad(u *unit, d *op.MatMul, dyNode *G.Node) {
	in := children(u.head)
	a, b, dy := p.as(in[0], logical), p.as(in[1], logical), p.as(dyNode, logical)
	products, m, n, k := d.Products(a.shape, b.shape, dy.shape)
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
			list := stacked(products, 1, 0, 2)
			s := kernel.Stack{M: m, N: k, K: n, TransB: true}.Packed()
			p.emit("MatMulGradA", []*value{to}, []*value{dy, b}, func() { p.Backend.MatMulStack(to.data, dy.data, b.data, list, s) })
		} else {
			list := stacked(products, 2, 1, 0)
			s := kernel.Stack{M: k, N: n, K: m, TransA: true}.Packed()
			p.emit("MatMulGradB", []*value{to}, []*value{a, dy}, func() { p.Backend.MatMulStack(to.data, a.data, dy.data, list, s) })
		}
		p.multiplies(matrix(len(products)*m, k, n))
		p.settle(dx)
	}
}

// stacked returns the products of a stack that writes and reads y, a and b, which
// are 0, 1 and 2, as c, a and b.
func stacked(products []op.MatrixProduct, c, a, b int) []kernel.Product {
	list := make([]kernel.Product, len(products))
	for i, p := range products {
		at := [3]int{p.Y, p.A, p.B}
		list[i] = kernel.Product{C: at[c], A: at[a], B: at[b]}
	}
	return list
}
