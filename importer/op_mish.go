package importer

import "finetune/internal/op"

func init() { register("Mish", buildMish) }

// buildMish builds ONNX Mish, opset 18 to 22: x·tanh(log(1 + exp(x))).
//
// https://onnx.ai/onnx/operators/onnx__Mish.html
func buildMish(n *node) (value, error) { return n.unary(&op.Map{Function: op.Mish}) }
