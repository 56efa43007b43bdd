package importer

import "finetune/internal/op"

func init() { register("ReduceMax", buildReduceMax) }

// buildReduceMax builds ONNX ReduceMax, opset 1 to 20: the largest element over some axes. axes are
// an attribute before opset 18 and an optional constant input from it on; without
// them all axes are reduced, or none with noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceMax.html
func buildReduceMax(n *node) (value, error) { return n.reduce(op.Largest, 18) }
