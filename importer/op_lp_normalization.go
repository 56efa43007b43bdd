package importer

import (
	"fmt"

	"finetune/internal/op"
)

func init() { register("LpNormalization", buildLpNormalization) }

// buildLpNormalization builds ONNX LpNormalization, opset 1 to 22: x divided by
// its 1- or 2-norm along an axis, and 0 where that is 0.
//
// https://onnx.ai/onnx/operators/onnx__LpNormalization.html
func buildLpNormalization(n *node) (value, error) {
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	at, err := n.axisAttr(-1, len(xs[0].Shape()))
	if err != nil {
		return value{}, err
	}
	p, err := n.intAttr("p", 2)
	if err != nil {
		return value{}, err
	}
	if p != 1 && p != 2 {
		return value{}, fmt.Errorf("attribute p = %d, want 1 or 2", p)
	}
	norm, err := n.reduceAxes([]op.Reduction{op.L1, op.L2}[p-1], xs[0], []int{at}, true)
	if err != nil {
		return norm, err
	}
	zero, err := n.apply(&op.Binary{Operation: op.Equal}, norm, number(0))
	if err != nil {
		return zero, err
	}
	if norm, err = n.add(norm, zero); err != nil {
		return norm, err
	}
	return n.apply(&op.Binary{Operation: op.Div}, xs[0], norm)
}
