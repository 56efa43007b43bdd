package importer

import "finetune/internal/op"

func init() { register("Min", buildMin) }

// buildMin builds ONNX Min, opset 8 to 13: the least of one or more inputs, with
// multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Min.html
func buildMin(n *node) (value, error) { return n.combined(&op.Binary{Operation: op.Min}) }
