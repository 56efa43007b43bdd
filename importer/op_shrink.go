package importer

import "finetune/internal/op"

func init() { register("Shrink", buildShrink) }

// buildShrink builds ONNX Shrink, opset 9: x + bias below −lambd, x − bias above lambd, else 0.
//
// https://onnx.ai/onnx/operators/onnx__Shrink.html
func buildShrink(n *node) (value, error) {
	lambd, err := n.number("lambd", 0.5)
	if err != nil {
		return value{}, err
	}
	bias, err := n.number("bias", 0)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.Map{Function: op.Shrink(lambd, bias)})
}
