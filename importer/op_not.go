package importer

import "finetune/internal/op"

func init() { register("Not", buildNot) }

// buildNot builds ONNX Not, opset 1.
//
// https://onnx.ai/onnx/operators/onnx__Not.html
func buildNot(n *node) (value, error) {
	x, err := n.booleans(1)
	if err != nil {
		return value{}, err
	}
	return n.apply(&op.Map{Function: op.Not}, x...)
}
