package importer

import "finetune/internal/op"

func init() { register("Sqrt", buildSqrt) }

// buildSqrt builds ONNX Sqrt, opset 6 to 13: √x.
//
// https://onnx.ai/onnx/operators/onnx__Sqrt.html
func buildSqrt(n *node) (value, error) { return n.unary(&op.Map{Function: op.Sqrt}) }
