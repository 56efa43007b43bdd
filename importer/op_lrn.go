package importer

import "finetune/internal/op"

func init() { register("LRN", buildLRN) }

// buildLRN builds ONNX LRN, opset 1 to 13: local response normalization over
// channels.
//
// https://onnx.ai/onnx/operators/onnx__LRN.html
func buildLRN(n *node) (value, error) {
	size, err := n.intAttr("size", 0)
	if err != nil {
		return value{}, err
	}
	alpha, err := n.number("alpha", 1e-4)
	if err != nil {
		return value{}, err
	}
	beta, err := n.number("beta", 0.75)
	if err != nil {
		return value{}, err
	}
	bias, err := n.number("bias", 1)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.LRN{Size: size, Alpha: alpha, Beta: beta, Bias: bias})
}
