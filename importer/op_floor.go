package importer

import "finetune/internal/op"

func init() { register("Floor", buildFloor) }

// buildFloor builds ONNX Floor, opset 6 to 13, which passes no gradient on: ⌊x⌋.
//
// https://onnx.ai/onnx/operators/onnx__Floor.html
func buildFloor(n *node) (value, error) { return n.unary(&op.Map{Function: op.Floor}) }
