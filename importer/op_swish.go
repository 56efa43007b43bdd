package importer

import "finetune/internal/op"

func init() { register("Swish", buildSwish) }

// buildSwish builds ONNX Swish, opset 24: x·sigmoid(alpha·x).
//
// https://onnx.ai/onnx/operators/onnx__Swish.html
func buildSwish(n *node) (value, error) {
	alpha, err := n.number("alpha", 1)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.Map{Function: op.Swish(alpha)})
}
