package importer

import "finetune/internal/op"

func init() { register("Greater", buildGreater) }

// buildGreater builds ONNX Greater, opset 7 to 13, with multidirectional broadcasting: a > b.
//
// https://onnx.ai/onnx/operators/onnx__Greater.html
func buildGreater(n *node) (value, error) { return n.compared(op.Greater) }
