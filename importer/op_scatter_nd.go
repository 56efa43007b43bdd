package importer

func init() { register("ScatterND", buildScatterND) }

// buildScatterND builds ONNX ScatterND, opset 11 to 18, with constant indices:
// slices of x are replaced, or combined by one of the reductions of opset 16
// and 18.
//
// https://onnx.ai/onnx/operators/onnx__ScatterND.html
func buildScatterND(n *node) (value, error) {
	return n.scatter(func(x, _ []int) ([]int, int, error) {
		at, axes, _, err := n.tuples(x, 0)
		if err != nil {
			return nil, 0, err
		}
		size := product(x[axes:])
		for k := range at {
			at[k] *= size
		}
		return at, size, nil
	})
}
