package importer

import "finetune/internal/op"

func init() { register("Softsign", buildSoftsign) }

// buildSoftsign builds ONNX Softsign, opset 1 to 22: x/(1 + |x|).
//
// https://onnx.ai/onnx/operators/onnx__Softsign.html
func buildSoftsign(n *node) (value, error) { return n.unary(&op.Map{Function: op.Softsign}) }
