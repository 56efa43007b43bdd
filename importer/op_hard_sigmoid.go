package importer

import "finetune/internal/op"

func init() { register("HardSigmoid", buildHardSigmoid) }

// buildHardSigmoid builds ONNX HardSigmoid, opset 6 to 22: min(max(alpha·x + beta, 0), 1).
//
// https://onnx.ai/onnx/operators/onnx__HardSigmoid.html
func buildHardSigmoid(n *node) (value, error) {
	alpha, err := n.number("alpha", 0.2)
	if err != nil {
		return value{}, err
	}
	beta, err := n.number("beta", 0.5)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.Map{Function: op.HardSigmoid(alpha, beta)})
}
