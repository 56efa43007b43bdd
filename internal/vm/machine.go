package vm

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"finetune/internal/kernel"

	G "gorgonia.org/gorgonia"
)

// A Config binds the nodes of a graph to storage.
type Config struct {
	Backend kernel.Backend

	Params     G.Nodes // Params[i] is tensor i of Store.
	Store      *Store
	Statistics G.Nodes // Statistics[i] is tensor i of Running.
	Running    *Store

	// Grads[i] is the gradient of Params[i], as gorgonia.Grad returned it, and
	// is written to Store.Grad(i); nil if it is not wanted. An empty Grads
	// compiles the forward pass alone.
	Grads G.Nodes
	// Outputs can be read after a run.
	Outputs G.Nodes

	// Limit is the most bytes that the values of the plan may take; 0 is no
	// limit.
	Limit int64
}

// A Machine is a planned graph.
type Machine struct {
	steps   []step
	forward int // Steps that compute the outputs.
	arena   []float32
	inputs  map[*G.Node][]float32
	outputs map[*G.Node]*value
	moving  bool // Running statistics move.

	folds   map[*unit]*folded
	norms   map[*unit]*normalized
	argmax  map[*unit][]int32
	dlogits map[*unit]*value
}

var _ G.VM = (*Machine)(nil)

// Compile plans g: every node that Outputs and Grads need. It errs on an
// operation that is not of package op, and with a *MemoryError on a graph that
// is over the limit.
func Compile(g *G.ExprGraph, c Config) (*Machine, error) {
	m := &Machine{inputs: map[*G.Node][]float32{}, outputs: map[*G.Node]*value{}, moving: true,
		folds: map[*unit]*folded{}, norms: map[*unit]*normalized{}, argmax: map[*unit][]int32{}, dlogits: map[*unit]*value{}}
	for _, n := range append(append(G.Nodes{}, c.Outputs...), c.Grads...) {
		if n != nil && n.Graph() != g {
			return nil, fmt.Errorf("vm: %s is of another graph", describe(n))
		}
	}
	p := newPlanner(c, m)
	order := needed(append(append(G.Nodes{}, c.Outputs...), c.Grads...))
	if err := c.checkNodes(order); err != nil {
		return nil, err
	}
	p.units, p.users = units(order, c.Outputs)
	p.consumers = consumers(order)
	for _, n := range order {
		p.note(n)
	}
	p.findSplits(order)
	forward := len(needed(c.Outputs))
	if err := p.plan(order[:forward]); err != nil {
		return nil, err
	}
	var kept []*value
	for _, n := range c.Outputs {
		m.outputs[n] = p.as(n, logical)
		kept = append(kept, m.outputs[n])
	}
	m.forward = len(p.steps)
	if err := p.plan(order[forward:]); err != nil {
		return nil, err
	}
	if err := p.checkFinished(); err != nil {
		return nil, err
	}
	m.steps = p.steps
	if err := c.checkSteps(m.steps, kept); err != nil {
		return nil, err
	}
	m.arena = place(m.steps, kept)
	if c.Backend.LargePages() {
		adviseLargePages(m.arena)
	}
	return m, nil
}

// Input returns the buffer of an input node, row-major in the node's logical
// shape. Fill it before a run; a run does not change it. It is nil if the
// graph does not need the node.
func (m *Machine) Input(n *G.Node) []float32 { return m.inputs[n] }

// Forward computes the outputs.
func (m *Machine) Forward() error {
	for i := range m.steps[:m.forward] {
		m.steps[i].run()
	}
	return nil
}

// RunAll computes the outputs and the gradients. It implements gorgonia.VM.
func (m *Machine) RunAll() error {
	for i := range m.steps {
		m.steps[i].run()
	}
	return nil
}

// MoveStatistics says whether a run moves running statistics, for graphs that
// normalize by batch statistics. It does at first.
func (m *Machine) MoveStatistics(move bool) { m.moving = move }

// Output returns the value of one of Config.Outputs after a run, row-major in
// the node's logical shape. The next run overwrites it.
func (m *Machine) Output(n *G.Node) []float32 { return m.outputs[n].data }

// Reset implements gorgonia.VM. There is nothing to reset.
func (m *Machine) Reset() {}

// Close implements gorgonia.VM. It does not close the backend.
func (m *Machine) Close() error { return nil }

// Bytes returns the size of the arena.
func (m *Machine) Bytes() int { return 4 * len(m.arena) }

// String lists the planned steps with the shape, the bytes and the place in
// the arena of what each computes.
func (m *Machine) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "step\tkernel\tshape\tlayout\tbytes\tat\n")
	for i, s := range m.steps {
		if i == m.forward {
			fmt.Fprintf(w, "\tgradients\n")
		}
		v := s.writes[0]
		at := "own"
		if r := v.root(); !r.fixed {
			at = fmt.Sprint(4 * r.offset)
		}
		fmt.Fprintf(w, "%d\t%s\t%v\t%v\t%d\t%s\n", i, s.name, v.shape, v.layout, 4*v.size(), at)
	}
	fmt.Fprintf(w, "arena of %d bytes\n", m.Bytes())
	w.Flush()
	return text.String()
}
