package importer

import "finetune/internal/op"

func init() { register("PRelu", buildPRelu) }

// buildPRelu builds ONNX PRelu, opset 7 to 16: x if x ≥ 0, else slope·x, with a
// slope that broadcasts to x.
//
// https://onnx.ai/onnx/operators/onnx__PRelu.html
func buildPRelu(n *node) (value, error) { return n.binary(&op.Binary{Operation: op.PRelu}) }
