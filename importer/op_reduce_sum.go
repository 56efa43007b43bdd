package importer

import "finetune/internal/op"

func init() { register("ReduceSum", buildReduceSum) }

// buildReduceSum builds ONNX ReduceSum, opset 1 to 20: the sum over some axes. axes are
// an attribute before opset 13 and an optional constant input from it on; without
// them all axes are reduced, or none with noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceSum.html
func buildReduceSum(n *node) (value, error) { return n.reduce(op.Sum, 13) }
