package importer

import (
	"fmt"
	"slices"
)

func init() { register("Expand", buildExpand) }

// buildExpand builds ONNX Expand, opset 8 to 13, to a constant shape, with
// multidirectional broadcasting: an axis keeps its size where the shape says 1.
//
// https://onnx.ai/onnx/operators/onnx__Expand.html
func buildExpand(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	to, err := n.constInts(1)
	if err != nil {
		return value{}, err
	}
	if missing := len(to) - len(x.Shape()); missing > 0 {
		if x, err = n.reshape(x, append(slices.Repeat([]int{1}, missing), x.Shape()...)); err != nil {
			return value{}, err
		}
	}
	lead := len(x.Shape()) - len(to)
	for i, size := range to {
		have := x.Shape()[lead+i]
		switch {
		case size == have || size == 1:
			continue
		case have != 1 || size < 0:
			return value{}, fmt.Errorf("x has shape %v, which does not broadcast to %v", x.Shape(), to)
		}
		if x, err = n.repeat(x, lead+i, size); err != nil {
			return value{}, err
		}
	}
	return x, nil
}

// repeat puts count copies of x behind each other along an axis.
func (n *node) repeat(x value, axis, count int) (value, error) {
	size := x.Shape()[axis]
	if count < 0 || size > 0 && count > maxConstant/size {
		return value{}, fmt.Errorf("%d copies along axis %d of shape %v: %w, want at most %d", count, axis, x.Shape(), ErrUnsupported, maxConstant)
	}
	if err := n.spend(count * size); err != nil {
		return value{}, err
	}
	indices := make([]int, count*size)
	for k := range indices {
		indices[k] = k % size
	}
	return n.gather(x, axis, indices)
}
