package importer

import (
	"fmt"
	"slices"
)

func init() { register("Gather", buildGather) }

// buildGather builds ONNX Gather, opset 1 to 13, with constant indices of any
// rank: the axes of the indices replace the axis. Indices may be negative from
// opset 11 on.
//
// https://onnx.ai/onnx/operators/onnx__Gather.html
func buildGather(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	shape := x.Shape()
	at, err := n.intAttr("axis", 0)
	if err != nil {
		return value{}, err
	}
	if at, err = axis(at, len(shape)); err != nil {
		return value{}, err
	}
	indices, dims, err := n.indices()
	if err != nil {
		return value{}, err
	}
	for k, i := range indices {
		if indices[k], err = axis(i, shape[at]); err != nil {
			return value{}, fmt.Errorf("index: %w", err)
		}
	}
	y, err := n.gather(x, at, indices)
	if err != nil {
		return y, err
	}
	return n.reshape(y, slices.Concat(shape[:at], dims, shape[at+1:]))
}
