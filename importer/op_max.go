package importer

import "finetune/internal/op"

func init() { register("Max", buildMax) }

// buildMax builds ONNX Max, opset 8 to 13: the largest of one or more inputs, with
// multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Max.html
func buildMax(n *node) (value, error) { return n.combined(&op.Binary{Operation: op.Max}) }
