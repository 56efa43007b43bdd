package importer

import "finetune/internal/op"

func init() { register("Sign", buildSign) }

// buildSign builds ONNX Sign, opset 9 to 13: −1, 0 or 1.
//
// https://onnx.ai/onnx/operators/onnx__Sign.html
func buildSign(n *node) (value, error) { return n.mapped(op.Sign) }
