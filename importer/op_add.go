package importer

import "finetune/internal/op"

func init() { register("Add", buildAdd) }

// buildAdd builds ONNX Add, opset 7 to 14, with multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Add.html
func buildAdd(n *node) (value, error) {
	xs, err := n.xs(2, 2)
	if err != nil {
		return value{}, err
	}
	return n.apply(&op.Add{}, xs...)
}
