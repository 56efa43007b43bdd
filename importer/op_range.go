package importer

import (
	"fmt"
	"math"
)

func init() { register("Range", buildRange) }

// buildRange builds ONNX Range, opset 11, of constants: start, start + delta, …
// before limit.
//
// https://onnx.ai/onnx/operators/onnx__Range.html
func buildRange(n *node) (value, error) {
	xs, err := n.alike(3, 3)
	if err != nil {
		return value{}, err
	}
	var bounds [3]float64 // start, limit, delta
	for i := range bounds {
		c, err := n.constInput(i, xs[0].kind)
		if err != nil {
			return value{}, err
		}
		values, err := c.values()
		if err != nil {
			return value{}, err
		}
		if len(values) != 1 {
			return value{}, fmt.Errorf("input %d has %d numbers, want one", i, len(values))
		}
		bounds[i] = values[0]
	}
	count := math.Max(math.Ceil((bounds[1]-bounds[0])/bounds[2]), 0)
	if !(count <= maxConstant) {
		return value{}, fmt.Errorf("start, limit and delta %v: %w, want at most %d numbers", bounds, ErrUnsupported, maxConstant)
	}
	if err := n.spend(int(count)); err != nil {
		return value{}, err
	}
	data := make([]float64, int(count))
	for i := range data {
		data[i] = bounds[0] + float64(i)*bounds[2]
	}
	return newConstant(xs[0].kind, []int{len(data)}, data...), nil
}
