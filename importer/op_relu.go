package importer

import "finetune/internal/op"

func init() { register("Relu", buildRelu) }

// buildRelu builds ONNX Relu, opset 6 to 14: max(x, 0).
//
// https://onnx.ai/onnx/operators/onnx__Relu.html
func buildRelu(n *node) (value, error) { return n.unary(op.Relu()) }
