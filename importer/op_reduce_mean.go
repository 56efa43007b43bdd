package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("ReduceMean", buildReduceMean) }

// buildReduceMean builds ONNX ReduceMean over the axes H and W, which is global
// average pooling. axes are an attribute up to opset 13 and a constant input
// from opset 18 on.
//
// https://onnx.ai/onnx/operators/onnx__ReduceMean.html
func buildReduceMean(n *node) (value, error) {
	if err := n.wantInputs(1, 2); err != nil {
		return value{}, err
	}
	x, err := n.x(0)
	if err != nil {
		return value{}, err
	}
	axes, err := n.axes(1, 18)
	if err != nil {
		return value{}, err
	}
	keep, err := n.intAttr("keepdims", 1)
	if err != nil {
		return value{}, err
	}
	if err := n.wantAttr("noop_with_empty_axes", 0); err != nil {
		return value{}, err
	}
	shape := x.Shape()
	positive := slices.Clone(axes)
	for i, a := range positive {
		if positive[i], err = axis(a, len(shape)); err != nil {
			return value{}, err
		}
	}
	slices.Sort(positive)
	if len(shape) != 4 || !slices.Equal(positive, []int{2, 3}) {
		return value{}, fmt.Errorf("axes %v of shape %v: %w, want axes 2 and 3 of 4", axes, shape, ErrUnsupported)
	}
	y, err := n.apply(&op.GlobalAveragePool{}, x)
	if err != nil || keep != 0 {
		return y, err
	}
	return n.reshape(y.node, shape[:2])
}
