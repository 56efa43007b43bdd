package importer

import "finetune/internal/op"

func init() { register("Where", buildWhere) }

// buildWhere builds ONNX Where, opset 9 to 16, with multidirectional
// broadcasting. The condition passes no gradient on.
//
// https://onnx.ai/onnx/operators/onnx__Where.html
func buildWhere(n *node) (value, error) {
	xs, err := n.any(3, 3)
	if err != nil {
		return value{}, err
	}
	y, err := n.apply(&op.Where{}, xs...)
	return y.as(xs[1].kind), err
}
