package importer

import "finetune/internal/op"

func init() { register("Sub", buildSub) }

// buildSub builds ONNX Sub, opset 7 to 14: a − b, with multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Sub.html
func buildSub(n *node) (value, error) { return n.binary(&op.Binary{Operation: op.Sub}) }
