package importer

import (
	"fmt"
	"maps"
	"slices"
)

// A buildFunc builds the first output of a node, and may add others to n.more.
type buildFunc func(n *node) (value, error)

// severalOutputs are the operators of which more outputs than the first are built.
var severalOutputs = map[string]bool{"Split": true}

var builders = map[string]buildFunc{}

// register makes an ONNX operator known. Each operator does it in its file.
func register(op string, build buildFunc) {
	if builders[op] != nil {
		panic(fmt.Sprintf("importer: operator %s is registered twice", op))
	}
	builders[op] = build
}

// Operators returns the names of the ONNX operators that models may have,
// sorted.
func Operators() []string {
	names := slices.Sorted(maps.Keys(builders))
	return slices.DeleteFunc(names, func(op string) bool { return op == roundTrip })
}
