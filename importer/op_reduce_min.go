package importer

import "finetune/internal/op"

func init() { register("ReduceMin", buildReduceMin) }

// buildReduceMin builds ONNX ReduceMin, opset 1 to 20: the least element over some axes. axes are
// an attribute before opset 18 and an optional constant input from it on; without
// them all axes are reduced, or none with noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceMin.html
func buildReduceMin(n *node) (value, error) { return n.reduce(op.Smallest, 18) }
