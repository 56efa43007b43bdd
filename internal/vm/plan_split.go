package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// findSplits finds the tensors that are cut along their outermost axis into parts
// that hold each element once, as attention cuts queries, keys and values: their
// gradient is one tensor, and what the gradients of the parts are computed in.
func (p *planner) findSplits(order G.Nodes) {
	for _, x := range order {
		if shape := x.Shape(); len(shape) == 4 || len(shape) == 0 {
			continue // Of rank 4 it is not known yet how they lie.
		}
		if list, from := p.splits(x); list != nil {
			p.joinGradients(x, list, from)
		}
	}
}

// splits returns the operators that cut x, and where along the axis each part
// begins; nil if x is used otherwise or if a part's gradient is not wanted.
func (p *planner) splits(x *G.Node) (list G.Nodes, from []int) {
	users := p.users[x]
	if len(users) < 2 {
		return nil, nil
	}
	axis := 0
	for axis < len(x.Shape())-1 && x.Shape()[axis] == 1 {
		axis++
	}
	covered := make([]bool, x.Shape()[axis])
	left := len(covered)
	for _, n := range users {
		d, ok := defOf(n).(*op.Gather)
		if !ok || d.Axis != axis || len(runs(d.Indices)) != 1 || p.wanted(n, 0) == nil {
			return nil, nil
		}
		for _, i := range d.Indices {
			if covered[i] {
				return nil, nil
			}
			covered[i] = true
			left--
		}
		from = append(from, d.Indices[0])
	}
	if left > 0 {
		return nil, nil
	}
	return users, from
}

// joinGradients makes the gradients that reach the parts of x parts of one value.
func (p *planner) joinGradients(x *G.Node, list G.Nodes, from []int) {
	whole := newValue(x.Shape(), logical)
	for i, n := range list {
		dx := p.wanted(n, 0)
		p.joined[dx] = whole
		dy := dyOf(dx)
		for { // Past reshapes, which copy nothing.
			g, ok := dy.Op().(*op.Grad)
			if !ok {
				break
			}
			if _, ok := g.Of.Def.(*op.Reshape); !ok {
				break
			}
			dy = dyOf(dy)
		}
		if p.targets[dy] == nil {
			p.targets[dy] = whole.part(dy.Shape(), logical, partAt(x, n, from[i]))
		}
	}
}

// dyOf returns the gradient that a gradient is computed from.
func dyOf(dx *G.Node) *G.Node {
	in := children(dx)
	return in[len(in)-1]
}

// partAt returns where in x the part n begins that begins so far along the axis.
func partAt(x, n *G.Node, from int) int {
	d := defOf(n).(*op.Gather)
	return from * size(x.Shape()[d.Axis+1:])
}

// joinGrad brings dy to its part of the whole, if it has not been computed there.
func (p *planner) joinGrad(u *unit, d *op.Gather, whole *value, dx, dyNode *G.Node) {
	dy := p.as(dyNode, logical)
	at := partAt(children(u.head)[0], u.head, d.Indices[0])
	if r, from := dy.place(); r != whole || from != at {
		to := whole.part(dyNode.Shape(), logical, at)
		p.emit("GatherGrad", []*value{to}, []*value{dy}, func() { copy(to.data, dy.data) })
	}
	p.values[dx] = whole
}
