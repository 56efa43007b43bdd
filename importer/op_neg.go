package importer

import "finetune/internal/op"

func init() { register("Neg", buildNeg) }

// buildNeg builds ONNX Neg, opset 6 to 13: −x.
//
// https://onnx.ai/onnx/operators/onnx__Neg.html
func buildNeg(n *node) (value, error) { return n.mapped(op.Neg) }
