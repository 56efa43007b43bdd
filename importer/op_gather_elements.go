package importer

func init() { register("GatherElements", buildGatherElements) }

// buildGatherElements builds ONNX GatherElements, opset 11 to 13, with constant
// indices: y has their shape, and each says where along the axis its element is.
//
// https://onnx.ai/onnx/operators/onnx__GatherElements.html
func buildGatherElements(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	at, dims, err := n.elements(x.Shape())
	if err != nil {
		return value{}, err
	}
	return n.gatherFirst(x, len(x.Shape()), at, dims)
}
