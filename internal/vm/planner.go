package vm

import (
	"fmt"

	"finetune/internal/kernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A planner turns nodes into steps.
type planner struct {
	Config
	machine *Machine

	units     map[*G.Node]*unit
	users     map[*G.Node]G.Nodes // The operators that use a node, gradients aside.
	consumers map[*G.Node]G.Nodes // All nodes that use a node.
	gradNodes map[gradKey]*G.Node
	values    map[*G.Node]*value // As first computed.
	converted map[conversion]*value
	targets   map[*G.Node]*value // Where a gradient has to go.
	finished  map[*G.Node]*finished
	added     map[*G.Node]*G.Node // What the product before has computed, such as a sum with a bias; with its node.
	joined    map[*G.Node]*value  // What gradients of parts of a tensor are parts of.
	steps     []step
	unit      *unit // Whose steps are emitted.
}

type gradKey struct {
	of    *op.Op
	input int
}

type conversion struct {
	v  *value
	to layout
}

// A step is one call of a kernel.
type step struct {
	name   string
	writes []*value
	reads  []*value
	reuse  []*value // Values whose storage writes[0] may take over.
	run    func()

	unit     *unit        // Whose value or gradients it computes, for profiles; nil for a sum of gradients.
	products *kernel.Conv // What it multiplies, for profiles: of a convolution or one of its gradients; nil without products.
	both     bool         // It computes both gradients.
}

func newPlanner(c Config, m *Machine) *planner {
	p := &planner{Config: c, machine: m, gradNodes: map[gradKey]*G.Node{}, values: map[*G.Node]*value{},
		converted: map[conversion]*value{}, targets: map[*G.Node]*value{}, finished: map[*G.Node]*finished{},
		added: map[*G.Node]*G.Node{}, joined: map[*G.Node]*value{}}
	for i, n := range c.Params {
		p.values[n] = fixedValue(n.Shape(), hwio, c.Store.Value(i))
	}
	for i, n := range c.Statistics {
		p.values[n] = fixedValue(n.Shape(), hwio, c.Running.Value(i))
	}
	for i, n := range c.Grads {
		if n != nil {
			p.targets[n] = fixedValue(n.Shape(), hwio, c.Store.Grad(i))
		}
	}
	return p
}

// plan emits the steps of the nodes, which are in an order that they can be
// computed in.
func (p *planner) plan(order G.Nodes) error {
	for _, n := range order {
		if p.values[n] != nil {
			continue
		}
		if err := p.node(n); err != nil {
			return err
		}
	}
	return nil
}

// note records n if it is a gradient: a gradient that is in the plan is wanted.
func (p *planner) note(n *G.Node) {
	if g, ok := n.Op().(*op.Grad); ok {
		p.gradNodes[gradKey{g.Of, g.Input}] = n
	}
}

func (p *planner) node(n *G.Node) error {
	switch o := n.Op().(type) {
	case nil:
		if op.IsConstant(n) {
			return p.constant(n)
		}
		p.input(n)
	case *op.Op:
		if u := p.units[n]; u.out() == n {
			p.unit = u
			p.forward(u)
		}
	case *op.Grad:
		// The first gradient met of a unit is that of its last operator, so
		// all that the unit needs is there.
		in := children(n)
		p.unit = p.units[in[len(in)-2]]
		p.backward(p.unit, in[len(in)-1])
		if p.values[n] == nil {
			return fmt.Errorf("vm: %s: no gradient with respect to input %d", describe(in[len(in)-2]), o.Input)
		}
	default:
		p.unit = nil
		switch {
		case isSum(n):
			p.sum(n)
		case n.Value() != nil:
			return p.constant(n)
		default:
			return fmt.Errorf("vm: %s: operation %v (%T) is none of package op", describe(n), o, o)
		}
	}
	return nil
}

// constant takes the elements that a node holds.
func (p *planner) constant(n *G.Node) error {
	data, err := floats(n.Value())
	if err != nil {
		return fmt.Errorf("vm: %s: %w", describe(n), err)
	}
	p.values[n] = fixedValue(n.Shape(), logical, data)
	return nil
}

// input gives an input node its staging buffer.
func (p *planner) input(n *G.Node) {
	v := fixedValue(n.Shape(), logical, make([]float32, size(n.Shape())))
	p.values[n] = v
	p.machine.inputs[n] = v.data
}

func floats(v G.Value) ([]float32, error) {
	switch d := v.Data().(type) {
	case []float32:
		return d, nil
	case float32:
		return []float32{d}, nil
	default:
		return nil, fmt.Errorf("value of type %T, want float32", d)
	}
}

// emit appends a step that computes writes from reads.
func (p *planner) emit(name string, writes, reads []*value, run func()) {
	p.steps = append(p.steps, step{name: name, writes: writes, reads: reads, run: run, unit: p.unit})
}

// emitInPlace is emit for a kernel whose first destination may be any of
// reuse.
func (p *planner) emitInPlace(name string, writes, reads, reuse []*value, run func()) {
	p.steps = append(p.steps, step{name: name, writes: writes, reads: reads, reuse: reuse, run: run, unit: p.unit})
}

// as returns the value of n in layout l.
func (p *planner) as(n *G.Node, l layout) *value {
	v := p.values[n]
	if v == nil {
		panic("vm: " + describe(n) + " is used before it is computed")
	}
	return p.convert(v, l)
}

func (p *planner) convert(v *value, l layout) *value {
	if v.layout == l || len(v.shape) != 4 {
		return v
	}
	if c := p.converted[conversion{v, l}]; c != nil {
		return c
	}
	c := newValue(v.shape, l)
	switch {
	case sameOrder(v.shape, v.layout, l):
		c.view = v
	case v.layout != logical && l != logical:
		c = p.convert(p.convert(v, logical), l)
	default:
		p.reorder(c, v)
	}
	p.converted[conversion{v, l}] = c
	return c
}

// reorder emits the copy of src into dst, one of which is logical.
func (p *planner) reorder(dst, src *value) {
	var axes []kernel.Axis
	for _, axis := range physical(dst) {
		axes = append(axes, kernel.Axis{Size: dst.shape[axis], To: dst.stride(axis), From: src.stride(axis)})
	}
	run := func() { p.Backend.Permute(dst.data, src.data, axes) }
	p.emit("reorder "+src.layout.String()+" to "+dst.layout.String(), []*value{dst}, []*value{src}, run)
}

// out returns the value that a step will write for n, in layout l. Call
// settle(n) after that step.
func (p *planner) out(n *G.Node, l layout) *value {
	if t := p.targets[n]; t != nil && (t.layout == l || sameOrder(t.shape, t.layout, l)) {
		p.values[n] = t
		return t
	}
	v := newValue(n.Shape(), l)
	p.values[n] = v
	return v
}

// alias makes v the value of n too.
func (p *planner) alias(n *G.Node, v *value) {
	w := newValue(n.Shape(), v.layout)
	w.view = v
	p.values[n] = w
	p.settle(n)
}

// settle brings the gradient n to where it has to go, if it is not there.
func (p *planner) settle(n *G.Node) {
	t, v := p.targets[n], p.values[n]
	if t == nil || v == t {
		return
	}
	src := p.convert(v, t.layout)
	p.emit("keep", []*value{t}, []*value{src}, func() { copy(t.data, src.data) })
	p.values[n] = t
}

// temp returns a value that belongs to no node.
func temp(l layout, shape ...int) *value { return newValue(tensor.Shape(shape), l) }

// wanted returns the gradient node of n's input i, or nil if nothing needs it.
func (p *planner) wanted(n *G.Node, i int) *G.Node {
	return p.gradNodes[gradKey{n.Op().(*op.Op), i}]
}

// sum emits Gorgonia's addition of gradients.
func (p *planner) sum(n *G.Node) {
	in := children(n)
	a := p.values[in[0]]
	if whole := p.joined[in[0]]; whole != nil && whole == p.joined[in[1]] {
		p.joined[n] = whole
		p.alias(n, whole)
		return
	}
	b := p.as(in[1], a.layout)
	y := p.out(n, a.layout)
	p.emitInPlace("sum", []*value{y}, []*value{a, b}, []*value{a, b}, func() { p.Backend.Add(y.data, a.data, b.data) })
	p.settle(n)
}
