package importer

import "finetune/internal/op"

func init() { register("Exp", buildExp) }

// buildExp builds ONNX Exp, opset 6 to 13: exp(x).
//
// https://onnx.ai/onnx/operators/onnx__Exp.html
func buildExp(n *node) (value, error) { return n.unary(&op.Map{Function: op.Exp}) }
