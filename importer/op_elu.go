package importer

import "finetune/internal/op"

func init() { register("Elu", buildElu) }

// buildElu builds ONNX Elu, opset 6 to 22: x if x ≥ 0, else alpha·(exp(x) − 1).
//
// https://onnx.ai/onnx/operators/onnx__Elu.html
func buildElu(n *node) (value, error) {
	alpha, err := n.number("alpha", 1)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.Map{Function: op.Elu(alpha)})
}
