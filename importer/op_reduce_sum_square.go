package importer

import "finetune/internal/op"

func init() { register("ReduceSumSquare", buildReduceSumSquare) }

// buildReduceSumSquare builds ONNX ReduceSumSquare, opset 1 to 20: Σx² over some axes. axes are
// an attribute before opset 18 and an optional constant input from it on; without
// them all axes are reduced, or none with noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceSumSquare.html
func buildReduceSumSquare(n *node) (value, error) { return n.reduce(op.Square, 18) }
