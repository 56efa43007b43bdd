// Package importer turns ONNX bytes into a model that can be trained, and back.
//
// [Load] checks the bytes before it believes them, lets onnx-go decode them,
// and finds the classifier. [Model.ReplaceHead] gives it a new one.
// [Model.Build] makes a Gorgonia expression graph of it, with ops of
// internal/op, for a batch size. [Model.WriteONNX] writes the trained values
// into a copy of the original file.
package importer

import (
	G "gorgonia.org/gorgonia"
)

// A Tensor is a named dense float32 tensor of a model, in logical row-major
// order (convolution weights OIHW).
type Tensor struct {
	Name  string // As the ONNX initializer.
	Shape []int
	Value []float32
}

// A Mode says what a graph is built for.
type Mode int

// The modes of Build.
const (
	// Evaluate normalizes with running statistics and drops nothing.
	Evaluate Mode = iota
	// TrainFrozen is training with BatchNorm frozen: running statistics, but
	// trained gamma and beta.
	TrainFrozen
	// TrainBatch is training with batch statistics in BatchNorm.
	TrainBatch
)

// BuildOptions says which graph to build.
type BuildOptions struct {
	Batch          int // Images in a batch.
	Height, Width  int // Pixels; 0 means the model's own.
	Mode           Mode
	Loss           bool    // Add labels and the cross-entropy loss.
	LabelSmoothing float64 // In [0, 1).
	Float64        bool    // Element type float64 instead of float32, for checks.

	Tensors []string // Names of tensors inside of the file that Graph.Tensors has.
}

// A Graph is a model as a Gorgonia expression graph of fixed shapes.
//
// Params and Statistics are input nodes, in the order of Model.Params and
// Model.Statistics, without values: package vm binds them to its store, or a
// caller binds them with gorgonia.Let.
type Graph struct {
	G          *G.ExprGraph
	Images     *G.Node // Input [N, C, H, W].
	Features   *G.Node // Input of the classifier, [N, F]; [N, F, H, W] if that is a convolution. nil of classifiers that read different ones.
	Logits     *G.Node // [N, classes].
	Labels     *G.Node // Input [N, classes]; nil without Loss.
	Loss       *G.Node // Scalar; nil without Loss.
	Tensors    G.Nodes // Those of BuildOptions.Tensors.
	Params     G.Nodes
	Statistics G.Nodes
}

// parameters returns how many numbers are trained.
func (m *Model) parameters() int {
	count := 0
	for _, p := range m.Params {
		count += product(p.Shape)
	}
	return count
}
