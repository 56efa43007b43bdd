package importer

import "finetune/internal/op"

func init() { register("Add", buildAdd) }

// buildAdd builds ONNX Add, opset 7 to 14: a + b, with multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Add.html
func buildAdd(n *node) (value, error) { return n.binary(&op.Add{}) }
