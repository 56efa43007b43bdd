package importer

import (
	"finetune/internal/kernel"
	"finetune/internal/op"
)

func init() { register("HardSwish", buildHardSwish) }

// buildHardSwish builds ONNX HardSwish, opset 14 to 22: x·min(max(x/6+½, 0), 1).
//
// https://onnx.ai/onnx/operators/onnx__HardSwish.html
func buildHardSwish(n *node) (value, error) {
	return n.unary(&op.Activate{Activation: kernel.Activation{Kind: kernel.HardSwish}})
}
