package vm

import (
	"slices"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// dense emits logits = x·W + bias, or x·Wᵀ + bias.
func (p *planner) dense(u *unit, d *op.Dense) {
	in := children(u.head)
	x, w := p.values[in[0]], p.values[in[1]]
	var bias *value
	if len(in) == 3 {
		bias = p.values[in[2]]
	}
	rows, features, outputs := x.shape[0], x.shape[1], u.head.Shape()[1]
	if bias == nil {
		bias = p.biasAfter(u.head)
	}
	y := p.out(u.head, logical)
	p.emit("Dense", []*value{y}, present(x, w, bias), func() {
		p.Backend.MatMul(y.data, x.data, w.data, dataOf(bias), rows, outputs, features, false, d.TransposeWeight)
	})
	p.multiplies(matrix(rows, features, outputs))
}

func (p *planner) denseGrad(u *unit, d *op.Dense, dyNode *G.Node) {
	in := children(u.head)
	x, w, dy := p.values[in[0]], p.values[in[1]], p.values[dyNode]
	rows, features, outputs := x.shape[0], x.shape[1], u.head.Shape()[1]
	if dw := p.wanted(u.head, 1); dw != nil {
		to := p.out(dw, logical)
		p.emit("DenseGradWeights", []*value{to}, []*value{x, dy}, func() {
			if d.TransposeWeight {
				p.Backend.MatMul(to.data, dy.data, x.data, nil, outputs, features, rows, true, false)
				return
			}
			p.Backend.MatMul(to.data, x.data, dy.data, nil, features, outputs, rows, true, false)
		})
		p.multiplies(matrix(rows, features, outputs))
		p.settle(dw)
	}
	if len(in) == 3 {
		if db := p.wanted(u.head, 2); db != nil {
			to := p.out(db, logical)
			p.emit("DenseGradBias", []*value{to}, []*value{dy}, func() { p.Backend.ColumnSums(to.data, dy.data, rows, outputs) })
			p.settle(db)
		}
	}
	if dx := p.wanted(u.head, 0); dx != nil {
		to := p.out(dx, logical)
		p.emit("DenseGradInput", []*value{to}, []*value{dy, w}, func() {
			p.Backend.MatMul(to.data, dy.data, w.data, nil, rows, features, outputs, false, !d.TransposeWeight)
		})
		p.multiplies(matrix(rows, features, outputs))
		p.settle(dx)
	}
}

// biasAfter returns what is added to every row of a product n, maybe after a
// reshape, if nothing else reads either of them; else nil. The addition is then
// done.
func (p *planner) biasAfter(n *G.Node) *value {
	outputs := n.Shape()[1]
	next := p.onlyUser(n)
	if next != nil {
		if _, ok := defOf(next).(*op.Reshape); ok {
			n, next = next, p.onlyUser(next)
		}
	}
	if next == nil {
		return nil
	}
	if _, ok := defOf(next).(*op.Add); !ok {
		return nil
	}
	in, shape := children(next), n.Shape()
	other := in[0]
	if other == n {
		other = in[1]
	}
	bias := p.values[other]
	if bias == nil || other == n || size(other.Shape()) != outputs || shape[len(shape)-1] != outputs || !slices.Equal(next.Shape(), shape) {
		return nil
	}
	if s := other.Shape(); s[len(s)-1] != outputs || bias.layout != logical && !sameOrder(bias.shape, bias.layout, logical) {
		return nil
	}
	p.added[next] = n
	return bias
}

// onlyUser returns the one operator that uses n, or nil if there are more or if n
// is an output.
func (p *planner) onlyUser(n *G.Node) *G.Node {
	if len(p.users[n]) != 1 || slices.Contains(p.Outputs, n) {
		return nil
	}
	return p.users[n][0]
}
