package op

import (
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"
)

// constantName begins the names of constants and of nothing else: a tensor of an
// ONNX file has no NUL in its name.
const constantName = "constant\x00"

// Constant returns the i-th constant of a graph: an input with a name of its own
// that holds v. Gorgonia's own constants are found again by their elements, which
// it prints each time, so that a large one costs milliseconds for every node that
// reads it.
func Constant(g *G.ExprGraph, i int, v G.Value) *G.Node {
	return G.NewTensor(g, v.Dtype(), v.Shape().Dims(), G.WithShape(v.Shape()...), G.WithName(fmt.Sprint(constantName, i)), G.WithValue(v))
}

// IsConstant reports whether n is a [Constant].
func IsConstant(n *G.Node) bool { return n.Op() == nil && strings.HasPrefix(n.Name(), constantName) }
