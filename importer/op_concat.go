package importer

import (
	"fmt"

	"finetune/internal/op"
)

func init() { register("Concat", buildConcat) }

// buildConcat builds ONNX Concat, opset 4 to 13, of tensors or of the integers
// of a shape. axis may be negative from opset 11 on.
//
// https://onnx.ai/onnx/operators/onnx__Concat.html
func buildConcat(n *node) (value, error) {
	if n.attributes["axis"] == nil {
		return value{}, fmt.Errorf("attribute axis is missing")
	}
	at, err := n.intAttr("axis", 0)
	if err != nil {
		return value{}, err
	}
	xs, err := n.alike(len(n.inputs), len(n.inputs))
	if err != nil {
		return value{}, err
	}
	if at, err = axis(at, len(xs[0].Shape())); err != nil {
		return value{}, err
	}
	return n.apply(&op.Concat{Axis: at}, xs...)
}
