package importer

import "finetune/internal/op"

func init() { register("Softplus", buildSoftplus) }

// buildSoftplus builds ONNX Softplus, opset 1 to 22: log(1 + exp(x)).
//
// https://onnx.ai/onnx/operators/onnx__Softplus.html
func buildSoftplus(n *node) (value, error) { return n.unary(&op.Map{Function: op.Softplus}) }
