package importer

func init() { register("Size", buildSize) }

// buildSize builds ONNX Size, opset 1 to 24: the number of elements of x, which
// is known when the graph is built.
//
// https://onnx.ai/onnx/operators/onnx__Size.html
func buildSize(n *node) (value, error) {
	xs, err := n.any(1, 1)
	if err != nil {
		return value{}, err
	}
	return newConstant(integer, nil, float64(product(xs[0].Shape()))), nil
}
