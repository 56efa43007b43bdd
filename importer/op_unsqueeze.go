package importer

import (
	"fmt"
	"slices"
)

func init() { register("Unsqueeze", buildUnsqueeze) }

// buildUnsqueeze builds ONNX Unsqueeze: axes, which count in the output, are an
// attribute up to opset 11 and a constant input from opset 13 on.
//
// https://onnx.ai/onnx/operators/onnx__Unsqueeze.html
func buildUnsqueeze(n *node) (value, error) {
	if err := n.wantInputs(1, 2); err != nil {
		return value{}, err
	}
	axes, err := n.axes(1, 13)
	if err != nil {
		return value{}, err
	}
	if len(axes) == 0 {
		return value{}, fmt.Errorf("no axes, want at least 1")
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	to, err := unsqueezed(x.Shape(), axes)
	if err != nil {
		return value{}, err
	}
	return n.reshape(x, to)
}

// unsqueezed returns shape with axes of size 1 at the given places of the
// result.
func unsqueezed(shape, axes []int) ([]int, error) {
	to := make([]int, len(shape)+len(axes))
	for _, a := range axes {
		at, err := axis(a, len(to))
		if err != nil {
			return nil, err
		}
		if to[at] == 1 {
			return nil, fmt.Errorf("axes %v: axis %d twice", axes, a)
		}
		to[at] = 1
	}
	rest := slices.Clone(shape)
	for i := range to {
		if to[i] == 0 {
			to[i], rest = rest[0], rest[1:]
		}
	}
	return to, nil
}
