package importer

import "finetune/internal/op"

func init() { register("ArgMin", buildArgMin) }

// buildArgMin builds ONNX ArgMin, opset 1 to 13, which passes no gradient on. axis
// may be negative from opset 11 on; select_last_index came with opset 12.
//
// https://onnx.ai/onnx/operators/onnx__ArgMin.html
func buildArgMin(n *node) (value, error) { return n.argument(op.ArgMin, op.LastArgMin) }
