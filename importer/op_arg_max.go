package importer

import "finetune/internal/op"

func init() { register("ArgMax", buildArgMax) }

// buildArgMax builds ONNX ArgMax, opset 1 to 13, which passes no gradient on. axis
// may be negative from opset 11 on; select_last_index came with opset 12.
//
// https://onnx.ai/onnx/operators/onnx__ArgMax.html
func buildArgMax(n *node) (value, error) { return n.argument(op.ArgMax, op.LastArgMax) }
