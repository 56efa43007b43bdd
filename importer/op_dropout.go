package importer

func init() { register("Dropout", buildDropout) }

// buildDropout builds ONNX Dropout, opset 6 to 22, as the identity, which it is
// outside of training; the input training_mode of opset 12 is not read.
//
// https://onnx.ai/onnx/operators/onnx__Dropout.html
func buildDropout(n *node) (value, error) {
	n.ignore("ratio", "seed", "is_test")
	if err := n.wantInputs(1, 3); err != nil {
		return value{}, err
	}
	return n.value(0)
}
