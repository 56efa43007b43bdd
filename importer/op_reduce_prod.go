package importer

import "finetune/internal/op"

func init() { register("ReduceProd", buildReduceProd) }

// buildReduceProd builds ONNX ReduceProd, opset 1 to 20: the product over some axes. axes are
// an attribute before opset 18 and an optional constant input from it on; without
// them all axes are reduced, or none with noop_with_empty_axes.
//
// https://onnx.ai/onnx/operators/onnx__ReduceProd.html
func buildReduceProd(n *node) (value, error) { return n.reduce(op.Product, 18) }
