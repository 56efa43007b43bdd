package vm

import (
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
}

// A Machine is a planned graph.
type Machine struct{}

// Compile plans g: every node that Outputs and Grads need.
func Compile(g *G.ExprGraph, c Config) (*Machine, error) { return &Machine{}, nil }

// Input returns the buffer of an input node, row-major in the node's logical
// shape. Fill it before a run; a run does not change it.
func (m *Machine) Input(n *G.Node) []float32 { return nil }

// Forward computes the outputs.
func (m *Machine) Forward() error { return nil }

// RunAll computes the outputs and the gradients. It implements gorgonia.VM.
func (m *Machine) RunAll() error { return nil }

// MoveStatistics says whether RunAll moves running statistics, for graphs
// that normalize by batch statistics. It does at first.
func (m *Machine) MoveStatistics(move bool) {}

// Output returns the value of one of Config.Outputs after a run, row-major in
// the node's logical shape. The next run overwrites it.
func (m *Machine) Output(n *G.Node) []float32 { return nil }

// Reset implements gorgonia.VM. There is nothing to reset.
func (m *Machine) Reset() {}

// Close implements gorgonia.VM. It does not close the backend.
func (m *Machine) Close() error { return nil }

// String lists the planned steps with their shapes, bytes and kernels.
func (m *Machine) String() string { return "" }
