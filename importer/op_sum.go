package importer

import "finetune/internal/op"

func init() { register("Sum", buildSum) }

// buildSum builds ONNX Sum, opset 8 to 13: the sum of one or more inputs, with
// multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Sum.html
func buildSum(n *node) (value, error) { return n.combined(&op.Add{}) }
