package importer

import "finetune/internal/op"

func init() { register("Round", buildRound) }

// buildRound builds ONNX Round, opset 11 to 22, which passes no gradient on: the nearest integer, of two the even one.
//
// https://onnx.ai/onnx/operators/onnx__Round.html
func buildRound(n *node) (value, error) { return n.unary(&op.Map{Function: op.Round}) }
