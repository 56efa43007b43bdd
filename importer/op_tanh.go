package importer

import "finetune/internal/op"

func init() { register("Tanh", buildTanh) }

// buildTanh builds ONNX Tanh, opset 6 to 13: tanh(x).
//
// https://onnx.ai/onnx/operators/onnx__Tanh.html
func buildTanh(n *node) (value, error) { return n.unary(&op.Map{Function: op.Tanh}) }
