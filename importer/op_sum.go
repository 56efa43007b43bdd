package importer

import "finetune/internal/op"

func init() { register("Sum", buildSum) }

// buildSum builds ONNX Sum, opset 8 to 13, of one or more inputs.
//
// https://onnx.ai/onnx/operators/onnx__Sum.html
func buildSum(n *node) (value, error) {
	xs, err := n.xs(1, len(n.inputs))
	if err != nil {
		return value{}, err
	}
	sum := value{node: xs[0]}
	for _, x := range xs[1:] {
		if sum, err = n.apply(&op.Add{}, sum.node, x); err != nil {
			return sum, err
		}
	}
	return sum, nil
}
