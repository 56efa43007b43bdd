package importer

import (
	"finetune/internal/kernel"
	"finetune/internal/op"
)

func init() { register("Sigmoid", buildSigmoid) }

// buildSigmoid builds ONNX Sigmoid, opset 6 to 13: 1/(1+exp(−x)).
//
// https://onnx.ai/onnx/operators/onnx__Sigmoid.html
func buildSigmoid(n *node) (value, error) {
	return n.unary(&op.Activate{Activation: kernel.Activation{Kind: kernel.Sigmoid}})
}
