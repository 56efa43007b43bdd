package importer

import "finetune/internal/op"

func init() { register("Reciprocal", buildReciprocal) }

// buildReciprocal builds ONNX Reciprocal, opset 6 to 13: 1/x.
//
// https://onnx.ai/onnx/operators/onnx__Reciprocal.html
func buildReciprocal(n *node) (value, error) { return n.unary(&op.Map{Function: op.Reciprocal}) }
