package importer

import "finetune/internal/op"

func init() { register("ReduceLogSum", buildReduceLogSum) }

// buildReduceLogSum builds ONNX ReduceLogSum, opset 1 to 20: log Σx over some axes. axes are
// an attribute before opset 18 and an optional constant input from it on; without
// them all axes are reduced, or none with noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceLogSum.html
func buildReduceLogSum(n *node) (value, error) { return n.reduce(op.LogSum, 18) }
