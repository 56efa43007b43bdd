package importer

import "finetune/internal/op"

func init() { register("IsNaN", buildIsNaN) }

// buildIsNaN builds ONNX IsNaN, opset 9 to 20.
//
// https://onnx.ai/onnx/operators/onnx__IsNaN.html
func buildIsNaN(n *node) (value, error) {
	y, err := n.unary(&op.Map{Function: op.IsNaN})
	return y.as(boolean), err
}
