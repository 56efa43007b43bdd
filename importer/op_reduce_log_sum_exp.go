package importer

import "finetune/internal/op"

func init() { register("ReduceLogSumExp", buildReduceLogSumExp) }

// buildReduceLogSumExp builds ONNX ReduceLogSumExp, opset 1 to 20: log Σexp(x) over some axes. axes are
// an attribute before opset 18 and an optional constant input from it on; without
// them all axes are reduced, or none with noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceLogSumExp.html
func buildReduceLogSumExp(n *node) (value, error) { return n.reduce(op.LogSumExp, 18) }
