package importer

import "finetune/internal/op"

func init() { register("Div", buildDiv) }

// buildDiv builds ONNX Div, opset 7 to 14: a/b, with multidirectional
// broadcasting; of integers the quotient is truncated.
//
// https://onnx.ai/onnx/operators/onnx__Div.html
func buildDiv(n *node) (value, error) {
	xs, err := n.alike(2, 2)
	if err != nil {
		return value{}, err
	}
	if xs[0].kind == integer {
		return n.apply(&op.Binary{Operation: op.IntegerDiv}, xs...)
	}
	return n.apply(&op.Binary{Operation: op.Div}, xs...)
}
