package importer

import "finetune/internal/op"

func init() { register("Celu", buildCelu) }

// buildCelu builds ONNX Celu, opset 12: max(x, 0) + min(alpha·(exp(x/alpha) − 1), 0).
//
// https://onnx.ai/onnx/operators/onnx__Celu.html
func buildCelu(n *node) (value, error) {
	alpha, err := n.number("alpha", 1)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.Map{Function: op.Celu(alpha)})
}
