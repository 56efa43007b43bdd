package importer

import "finetune/internal/op"

func init() { register("And", buildAnd) }

// buildAnd builds ONNX And, opset 7, with multidirectional broadcasting: a and b.
//
// https://onnx.ai/onnx/operators/onnx__And.html
func buildAnd(n *node) (value, error) { return n.logical(op.And) }
