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
	s := kernel.Stack{M: m, N: n, K: k, TransB: d.TransposeB}.Packed()
	if p.softmaxAfter(u.head) {
		p.emit("MatMul+Softmax", []*value{y}, []*value{a, b}, func() { p.Backend.MatMulStackSoftmax(y.data, a.data, b.data, nil, list, s) })
	} else {
		p.emit("MatMul", []*value{y}, []*value{a, b}, func() { p.Backend.MatMulStack(y.data, a.data, b.data, list, s) })
	}
	p.multiplies(matrix(len(list)*m, k, n))
}

// matMulGrad emits da = dy·bᵀ and db = aᵀ·dy, or its transpose; a stack that is repeated takes
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
			s := kernel.Stack{M: m, N: k, K: n, TransB: !d.TransposeB}.Packed()
			if y := p.softmaxBefore(in[0], dx); y != nil {
				p.emit("MatMulGradA+SoftmaxGrad", []*value{to}, []*value{dy, b, y}, func() {
					p.Backend.MatMulStackSoftmax(to.data, dy.data, b.data, y.data, list, s)
				})
			} else {
				p.emit("MatMulGradA", []*value{to}, []*value{dy, b}, func() { p.Backend.MatMulStack(to.data, dy.data, b.data, list, s) })
			}
		} else {
			list := stacked(products, 2, 1, 0)
			s := kernel.Stack{M: k, N: n, K: m, TransA: true}.Packed()
			l, r := a, dy
			if d.TransposeB {
				list, s.M, s.N, l, r = stacked(products, 2, 0, 1), n, k, dy, a
				s = s.Packed()
			}
			p.emit("MatMulGradB", []*value{to}, []*value{l, r}, func() { p.Backend.MatMulStack(to.data, l.data, r.data, list, s) })
		}
		p.multiplies(matrix(len(products)*m, k, n))
		p.settle(dx)
	}
}

// softmaxAfter reports whether all that reads the products n is a Softmax of their
// rows, which is then done with them.
func (p *planner) softmaxAfter(n *G.Node) bool {
	next := p.onlyUser(n)
	if next == nil {
		return false
	}
	d, ok := defOf(next).(*op.Softmax)
	if ok = ok && d.Axis == len(n.Shape())-1; ok {
		p.added[next] = n
	}
	return ok
}

// softmaxBefore returns the value of x if it is a Softmax of rows, of which dx alone
// is the gradient: dx is then taken through it too. Else it returns nil.
func (p *planner) softmaxBefore(x, dx *G.Node) *value {
	d, ok := defOf(x).(*op.Softmax)
	if !ok || d.Axis != len(x.Shape())-1 || p.onlyUser(x) == nil || p.wanted(x, 0) == nil || p.targets[dx] != nil {
		return nil
	}
	p.added[dx] = x
	return p.as(x, logical)
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
