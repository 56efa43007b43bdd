// Package op holds the Gorgonia operations that Gorgonia lacks or has wrong.
//
// A [Def] says what an operator is: its shape rule, its value and its gradient,
// on float64 arrays in ONNX's logical order (NCHW, OIHW). [Apply] puts a Def
// into an expression graph as a Gorgonia op whose gradient is symbolic, so that
// gorgonia.Grad differentiates graphs of them and Gorgonia's TapeMachine runs
// them. That is the plain reference; package vm runs the same graph fast.
package op

import "gorgonia.org/tensor"

// A Def defines an operator. Defs are used by pointer, such as &Add{}, and do
// not change once they are in a graph.
type Def interface {
	// Name is the ONNX name, such as "Conv".
	Name() string
	// Infer returns the output's shape, or an error that says what was found
	// and what was wanted. The shape may be that of an input itself, so the
	// caller must not change it.
	Infer(in []tensor.Shape) (tensor.Shape, error)
	// Forward computes y from in; y has the shape that Infer gave and holds
	// zeros on entry.
	Forward(y Array, in []Array)
	// Differentiable says for each of the arity inputs whether Grad knows it.
	Differentiable(arity int) []bool
	// Grad computes the gradient dx with respect to in[i], from the output y
	// and the gradient dy that reaches it. dx has the shape of in[i] and holds
	// zeros on entry.
	Grad(i int, dx Array, in []Array, y, dy Array)
}

// An Array is a dense row-major array.
type Array struct {
	Shape []int
	Data  []float64
}
