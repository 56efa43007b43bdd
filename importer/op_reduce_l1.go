package importer

import "finetune/internal/op"

func init() { register("ReduceL1", buildReduceL1) }

// buildReduceL1 builds ONNX ReduceL1, opset 1 to 20: Σ|x| over some axes. axes are
// an attribute before opset 18 and an optional constant input from it on; without
// them all axes are reduced, or none with noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceL1.html
func buildReduceL1(n *node) (value, error) { return n.reduce(op.L1, 18) }
