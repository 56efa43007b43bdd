package importer

import "finetune/internal/op"

func init() { register("Xor", buildXor) }

// buildXor builds ONNX Xor, opset 7, with multidirectional broadcasting: a or b, not both.
//
// https://onnx.ai/onnx/operators/onnx__Xor.html
func buildXor(n *node) (value, error) { return n.logical(op.Xor) }
