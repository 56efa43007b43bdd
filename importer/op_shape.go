package importer

func init() { register("Shape", buildShape) }

// buildShape builds ONNX Shape, opset 1 to 24: the shape of x, or the axes from
// start to end of it (opset 15), as integers that are known when the graph is
// built.
//
// https://onnx.ai/onnx/operators/onnx__Shape.html
func buildShape(n *node) (value, error) {
	xs, err := n.any(1, 1)
	if err != nil {
		return value{}, err
	}
	shape := xs[0].Shape()
	start, err := n.intAttr("start", 0)
	if err != nil {
		return value{}, err
	}
	end, err := n.intAttr("end", len(shape))
	if err != nil {
		return value{}, err
	}
	start, end = clampAxis(start, len(shape)), clampAxis(end, len(shape))
	return shapeOf(shape[start:max(start, end)]), nil
}

// clampAxis counts a negative a from the end, and brings it into [0, rank].
func clampAxis(a, rank int) int {
	if a < 0 {
		a += rank
	}
	return min(max(a, 0), rank)
}
