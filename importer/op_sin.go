package importer

import "finetune/internal/op"

func init() { register("Sin", buildSin) }

// buildSin builds ONNX Sin, opset 7 to 22: sin(x).
//
// https://onnx.ai/onnx/operators/onnx__Sin.html
func buildSin(n *node) (value, error) { return n.unary(&op.Map{Function: op.Sin}) }
