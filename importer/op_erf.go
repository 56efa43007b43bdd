package importer

import "finetune/internal/op"

func init() { register("Erf", buildErf) }

// buildErf builds ONNX Erf, opset 9 to 13: the error function.
//
// https://onnx.ai/onnx/operators/onnx__Erf.html
func buildErf(n *node) (value, error) { return n.unary(&op.Map{Function: op.Erf}) }
