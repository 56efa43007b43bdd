package importer

import "finetune/internal/op"

func init() { register("ReduceMean", buildReduceMean) }

// buildReduceMean builds ONNX ReduceMean, opset 1 to 18: the mean over some
// axes. axes are an attribute before opset 18 and an optional constant input
// from it on; without them all axes are reduced, or none with
// noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceMean.html
func buildReduceMean(n *node) (value, error) { return n.reduce(op.Mean, 18) }
