package importer

import "finetune/internal/op"

func init() { register("LessOrEqual", buildLessOrEqual) }

// buildLessOrEqual builds ONNX LessOrEqual, opset 12 to 16, with multidirectional broadcasting: a ≤ b.
//
// https://onnx.ai/onnx/operators/onnx__LessOrEqual.html
func buildLessOrEqual(n *node) (value, error) { return n.compared(op.LessOrEqual) }
