package importer

import "finetune/internal/op"

func init() { register("Ceil", buildCeil) }

// buildCeil builds ONNX Ceil, opset 6 to 13, which passes no gradient on: ⌈x⌉.
//
// https://onnx.ai/onnx/operators/onnx__Ceil.html
func buildCeil(n *node) (value, error) { return n.unary(&op.Map{Function: op.Ceil}) }
