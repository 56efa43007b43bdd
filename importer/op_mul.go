package importer

import "finetune/internal/op"

func init() { register("Mul", buildMul) }

// buildMul builds ONNX Mul, opset 7 to 14, with multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Mul.html
func buildMul(n *node) (value, error) {
	xs, err := n.xs(2, 2)
	if err != nil {
		return value{}, err
	}
	return n.apply(&op.Mul{}, xs...)
}
