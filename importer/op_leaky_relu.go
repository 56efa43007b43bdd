package importer

import (
	"finetune/internal/kernel"
	"finetune/internal/op"
)

func init() { register("LeakyRelu", buildLeakyRelu) }

// buildLeakyRelu builds ONNX LeakyRelu, opset 6 to 16: x if x ≥ 0, else alpha·x.
//
// https://onnx.ai/onnx/operators/onnx__LeakyRelu.html
func buildLeakyRelu(n *node) (value, error) {
	alpha, err := n.number("alpha", 0.01)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.Activate{Activation: kernel.Activation{Kind: kernel.LeakyRelu, Alpha: float32(alpha)}})
}
