package importer

import "finetune/internal/op"

func init() { register("Log", buildLog) }

// buildLog builds ONNX Log, opset 6 to 13: the natural logarithm.
//
// https://onnx.ai/onnx/operators/onnx__Log.html
func buildLog(n *node) (value, error) { return n.unary(&op.Map{Function: op.Log}) }
