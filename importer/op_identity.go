package importer

func init() { register("Identity", buildIdentity) }

// buildIdentity builds ONNX Identity, opset 1 to 24.
//
// https://onnx.ai/onnx/operators/onnx__Identity.html
func buildIdentity(n *node) (value, error) {
	if err := n.wantInputs(1, 1); err != nil {
		return value{}, err
	}
	return n.value(0)
}
