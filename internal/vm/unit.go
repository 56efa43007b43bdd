package vm

import (
	"slices"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// A unit is one operator, or a chain of operators that run as one: a
// convolution or a normalization, then, each optional, a folded BatchNorm with
// running statistics, a residual addition and an activation.
type unit struct {
	head     *G.Node // Any operator.
	norm     *G.Node // BatchNorm folded into the convolution head.
	add      *G.Node
	residual *G.Node // The operand of add that is not the chain.
	act      *G.Node
}

// out is the node whose value the unit computes.
func (u *unit) out() *G.Node {
	for _, n := range []*G.Node{u.act, u.add, u.norm} {
		if n != nil {
			return n
		}
	}
	return u.head
}

// units groups the operators of the nodes, and returns which operators use a
// node. Outputs are never inside a chain.
func units(order, outputs G.Nodes) (of map[*G.Node]*unit, users map[*G.Node]G.Nodes) {
	c := chains{of: map[*G.Node]*unit{}, users: map[*G.Node]G.Nodes{}, output: map[*G.Node]bool{}, position: map[*G.Node]int{}}
	for _, n := range outputs {
		c.output[n] = true
	}
	for i, n := range order {
		c.position[n] = i
		if _, isGrad := n.Op().(*op.Grad); isGrad {
			continue
		}
		for _, child := range children(n) {
			c.users[child] = append(c.users[child], n)
		}
	}
	for _, n := range order {
		if defOf(n) != nil && c.of[n] == nil {
			c.grow(n)
		}
	}
	return c.of, c.users
}

type chains struct {
	of       map[*G.Node]*unit
	users    map[*G.Node]G.Nodes
	output   map[*G.Node]bool
	position map[*G.Node]int
}

func (c *chains) grow(n *G.Node) {
	u := &unit{head: n}
	c.of[n] = u
	switch defOf(n).(type) {
	case *op.Conv:
		if next := c.only(n); next != nil {
			if bn, ok := defOf(next).(*op.BatchNorm); ok && !bn.Training && children(next)[0] == n {
				u.norm = next
				c.of[next] = u
			}
		}
	case *op.BatchNorm:
		if len(n.Shape()) != 4 {
			return
		}
	default:
		return
	}
	c.growAdd(u)
	c.growAct(u)
}

// growAdd takes in a residual addition, if the other operand is computed
// before the chain's own end: a chain runs where its last operator stands.
func (c *chains) growAdd(u *unit) {
	last := u.out()
	next := c.only(last)
	if next == nil {
		return
	}
	if _, ok := defOf(next).(*op.Add); !ok {
		return
	}
	in := children(next)
	other := in[0]
	if other == last {
		other = in[1]
	}
	if other == last || !slices.Equal(other.Shape(), last.Shape()) || c.of[next] != nil {
		return
	}
	// Of two chains that meet in an addition the later one takes it.
	if c.position[other] > c.position[last] {
		return
	}
	u.add, u.residual = next, other
	c.of[next] = u
}

func (c *chains) growAct(u *unit) {
	next := c.only(u.out())
	if next == nil {
		return
	}
	if a, ok := defOf(next).(*op.Activate); ok && a.Activation.FromOutput() {
		u.act = next
		c.of[next] = u
	}
}

// only returns the one operator that uses n, or nil if there are more, or none,
// or n must have a value of its own.
func (c *chains) only(n *G.Node) *G.Node {
	if c.output[n] || len(c.users[n]) != 1 {
		return nil
	}
	return c.users[n][0]
}
