package importer

import "finetune/internal/op"

func init() { register("Sub", buildSub) }

// buildSub builds ONNX Sub, opset 7 to 14, as a + (−1)·b.
//
// https://onnx.ai/onnx/operators/onnx__Sub.html
func buildSub(n *node) (value, error) {
	xs, err := n.xs(2, 2)
	if err != nil {
		return value{}, err
	}
	negative, err := n.scale(xs[1], -1)
	if err != nil {
		return negative, err
	}
	return n.apply(&op.Add{}, xs[0], negative.node)
}
