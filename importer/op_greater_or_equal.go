package importer

import "finetune/internal/op"

func init() { register("GreaterOrEqual", buildGreaterOrEqual) }

// buildGreaterOrEqual builds ONNX GreaterOrEqual, opset 12 to 16, with multidirectional broadcasting: a ≥ b.
//
// https://onnx.ai/onnx/operators/onnx__GreaterOrEqual.html
func buildGreaterOrEqual(n *node) (value, error) { return n.compared(op.GreaterOrEqual) }
