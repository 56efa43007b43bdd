package importer

import "finetune/internal/op"

func init() { register("ReduceL2", buildReduceL2) }

// buildReduceL2 builds ONNX ReduceL2, opset 1 to 20: √Σx² over some axes. axes are
// an attribute before opset 18 and an optional constant input from it on; without
// them all axes are reduced, or none with noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceL2.html
func buildReduceL2(n *node) (value, error) { return n.reduce(op.L2, 18) }
