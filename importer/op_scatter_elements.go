package importer

import (
	"fmt"
	"slices"
)

func init() { register("ScatterElements", buildScatterElements) }

// buildScatterElements builds ONNX ScatterElements, opset 11 to 18, with constant
// indices: elements of x are replaced by those of updates, or combined with them
// by one of the reductions of opset 16 and 18.
//
// https://onnx.ai/onnx/operators/onnx__ScatterElements.html
func buildScatterElements(n *node) (value, error) {
	return n.scatter(func(x, updates []int) ([]int, int, error) {
		at, dims, err := n.elements(x)
		if err == nil && !slices.Equal(updates, dims) {
			err = fmt.Errorf("updates have shape %v, indices %v", updates, dims)
		}
		return at, 1, err
	})
}
