package importer

import "finetune/internal/op"

func init() { register("Mean", buildMean) }

// buildMean builds ONNX Mean, opset 8 to 13: the mean of one or more inputs, with
// multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Mean.html
func buildMean(n *node) (value, error) {
	sum, err := n.combined(&op.Add{})
	if err != nil {
		return sum, err
	}
	return n.scale(sum, 1/float64(len(n.inputs)))
}
