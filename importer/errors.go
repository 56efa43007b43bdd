package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"finetune/internal/onnxfile"
)

// What a caller may want to tell apart. What is wrong with the file itself is
// of type *onnxfile.FormatError, which this package wraps in ErrFormat.
var (
	ErrFormat       = errors.New("not a sound ONNX file")
	ErrUnsupported  = errors.New("unsupported")
	ErrNoClassifier = errors.New("no classifier")
	ErrInput        = errors.New("no image input")
	ErrFeatures     = errors.New("features")
	ErrFixedBatch   = errors.New("the file fixes its batch")
)

// An OpError is returned when a node of the model cannot be built.
type OpError struct {
	Op   string // ONNX operator, such as "Conv".
	Node string // Name of the node, or of its first output.
	Err  error  // Often ErrUnsupported.
}

// Error implements error.
func (e *OpError) Error() string { return fmt.Sprintf("importer: %s %q: %v", e.Op, e.Node, e.Err) }

// Unwrap returns what is wrong with the node.
func (e *OpError) Unwrap() error { return e.Err }

// An UnsupportedError lists every operator of a model that cannot be built.
// It wraps ErrUnsupported.
type UnsupportedError struct {
	Nodes []UnsupportedNode // Sorted by operator, in graph order for each.
}

// An UnsupportedNode is a node with an operator that cannot be built.
type UnsupportedNode struct {
	Op   string // With its domain, such as "com.microsoft.FusedConv".
	Node string // Name of the node, or of its first output.
}

// Error implements error. It names each operator once, with its nodes;
// [Operators] says which there are.
func (e *UnsupportedError) Error() string {
	var list []string
	for _, op := range e.Operators() {
		list = append(list, fmt.Sprintf("%s (%s)", op, e.nodes(op)))
	}
	return "importer: unsupported operators: " + strings.Join(list, ", ")
}

// Operators returns the names of the operators, sorted, each once.
func (e *UnsupportedError) Operators() []string {
	var ops []string
	for _, n := range e.Nodes {
		ops = append(ops, n.Op)
	}
	slices.Sort(ops)
	return slices.Compact(ops)
}

// Unwrap returns ErrUnsupported.
func (e *UnsupportedError) Unwrap() error { return ErrUnsupported }

// nodes lists the nodes of an operator, the first few by name.
func (e *UnsupportedError) nodes(op string) string {
	const most = 8
	var names []string
	more := 0
	for _, n := range e.Nodes {
		switch {
		case n.Op != op:
		case len(names) < most:
			names = append(names, fmt.Sprintf("%q", n.Node))
		default:
			more++
		}
	}
	if more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

func (e *UnsupportedError) add(op string, n *onnxfile.Node) {
	e.Nodes = append(e.Nodes, UnsupportedNode{op, n.Label()})
	slices.SortStableFunc(e.Nodes, func(a, b UnsupportedNode) int { return strings.Compare(a.Op, b.Op) })
}
