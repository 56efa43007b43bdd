package importer

import "finetune/internal/op"

func init() { register("Mul", buildMul) }

// buildMul builds ONNX Mul, opset 7 to 14: a·b, with multidirectional broadcasting.
// The last product of Gelu becomes that, and the one of Swish.
//
// https://onnx.ai/onnx/operators/onnx__Mul.html
func buildMul(n *node) (value, error) {
	if y, ok, err := n.gelu(); ok || err != nil {
		return y, err
	}
	if y, ok, err := n.swish(); ok || err != nil {
		return y, err
	}
	return n.binary(&op.Mul{})
}
