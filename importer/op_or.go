package importer

import "finetune/internal/op"

func init() { register("Or", buildOr) }

// buildOr builds ONNX Or, opset 7, with multidirectional broadcasting: a or b.
//
// https://onnx.ai/onnx/operators/onnx__Or.html
func buildOr(n *node) (value, error) { return n.logical(op.Or) }
