package importer

import "finetune/internal/op"

func init() { register("Abs", buildAbs) }

// buildAbs builds ONNX Abs, opset 6 to 13: |x|.
//
// https://onnx.ai/onnx/operators/onnx__Abs.html
func buildAbs(n *node) (value, error) { return n.mapped(op.Abs) }
