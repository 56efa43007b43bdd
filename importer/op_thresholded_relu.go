package importer

import "finetune/internal/op"

func init() { register("ThresholdedRelu", buildThresholdedRelu) }

// buildThresholdedRelu builds ONNX ThresholdedRelu, opset 10 to 22: x if x > alpha, else 0.
//
// https://onnx.ai/onnx/operators/onnx__ThresholdedRelu.html
func buildThresholdedRelu(n *node) (value, error) {
	alpha, err := n.number("alpha", 1)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.Map{Function: op.ThresholdedRelu(alpha)})
}
