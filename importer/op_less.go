package importer

import "finetune/internal/op"

func init() { register("Less", buildLess) }

// buildLess builds ONNX Less, opset 7 to 13, with multidirectional broadcasting: a < b.
//
// https://onnx.ai/onnx/operators/onnx__Less.html
func buildLess(n *node) (value, error) { return n.compared(op.Less) }
