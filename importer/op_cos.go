package importer

import "finetune/internal/op"

func init() { register("Cos", buildCos) }

// buildCos builds ONNX Cos, opset 7 to 22: cos(x).
//
// https://onnx.ai/onnx/operators/onnx__Cos.html
func buildCos(n *node) (value, error) { return n.unary(&op.Map{Function: op.Cos}) }
