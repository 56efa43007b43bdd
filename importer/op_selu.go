package importer

import "finetune/internal/op"

func init() { register("Selu", buildSelu) }

// buildSelu builds ONNX Selu, opset 6 to 22: gamma·x if x > 0, else gamma·alpha·(exp(x) − 1).
//
// https://onnx.ai/onnx/operators/onnx__Selu.html
func buildSelu(n *node) (value, error) {
	alpha, err := n.number("alpha", 1.67326319217681884765625)
	if err != nil {
		return value{}, err
	}
	gamma, err := n.number("gamma", 1.05070102214813232421875)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.Map{Function: op.Selu(alpha, gamma)})
}
