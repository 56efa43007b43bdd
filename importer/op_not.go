package importer

import "finetune/internal/op"

func init() { register("Not", buildNot) }

// buildNot builds ONNX Not, opset 1.
//
// https://onnx.ai/onnx/operators/onnx__Not.html
func buildNot(n *node) (value, error) { return n.mapped(op.Not) }
