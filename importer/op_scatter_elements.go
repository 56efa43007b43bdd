package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("ScatterElements", buildScatterElements) }

// buildScatterElements builds ONNX ScatterElements, opset 11 to 18, with constant
// indices: elements of x are replaced by those of updates, or combined with them
// by one of the reductions of opset 16 and 18.
//
// https://onnx.ai/onnx/operators/onnx__ScatterElements.html
func buildScatterElements(n *node) (value, error) {
	if err := n.wantInputs(3, 3); err != nil {
		return value{}, err
	}
	reduction, err := n.scatterReduction()
	if err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	updates, err := n.value(2)
	if err != nil {
		return value{}, err
	}
	at, c, err := n.elements(x.Shape())
	if err != nil {
		return value{}, err
	}
	if !slices.Equal([]int(updates.Shape()), c.dims) {
		return value{}, fmt.Errorf("updates have shape %v, indices %v", updates.Shape(), c.dims)
	}
	return n.apply(&op.Scatter{At: at, Size: 1, Reduction: reduction}, x, updates)
}
