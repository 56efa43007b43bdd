package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("MatMul", buildMatMul) }

// buildMatMul builds ONNX MatMul, opset 1 to 13, with a matrix w: the leading
// axes of x are rows.
//
// https://onnx.ai/onnx/operators/onnx__MatMul.html
func buildMatMul(n *node) (value, error) {
	xs, err := n.xs(2, 2)
	if err != nil {
		return value{}, err
	}
	if err := wantRank("w", xs[1], 2); err != nil {
		return value{}, err
	}
	shape := xs[0].Shape()
	if len(shape) < 2 {
		return value{}, fmt.Errorf("x has shape %v, want rank 2 or more: %w", shape, ErrUnsupported)
	}
	last := len(shape) - 1
	rows, err := n.reshape(xs[0], []int{product(shape[:last]), shape[last]})
	if err != nil {
		return rows, err
	}
	y, err := n.apply(&op.Dense{}, rows.node, xs[1])
	if err != nil {
		return y, err
	}
	return n.reshape(y.node, append(slices.Clone(shape[:last]), xs[1].Shape()[1]))
}
