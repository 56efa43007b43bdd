package importer

import "finetune/internal/op"

func init() { register("Equal", buildEqual) }

// buildEqual builds ONNX Equal, opset 7 to 19, with multidirectional broadcasting: a = b.
//
// https://onnx.ai/onnx/operators/onnx__Equal.html
func buildEqual(n *node) (value, error) { return n.compared(op.Equal) }
