package importer

import (
	"fmt"
	"slices"
)

func init() { register("Reshape", buildReshape) }

// buildReshape builds ONNX Reshape, opset 5 to 24, to a constant shape, or one
// that follows from shapes. 0 keeps the size of the input's axis, and one -1
// takes what is left; with allowzero, opset 14, 0 is a size.
//
// https://onnx.ai/onnx/operators/onnx__Reshape.html
func buildReshape(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	allowZero, err := n.flag("allowzero")
	if err != nil {
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
	shape, err := target(to, x.Shape(), allowZero)
	if err != nil {
		return value{}, err
	}
	return n.reshape(x, shape)
}

// target resolves 0 and -1 in the target of a Reshape.
func target(to, from []int, allowZero bool) ([]int, error) {
	errCount := func() error {
		return fmt.Errorf("shape %v: want %d elements, as x of shape %v has", to, product(from), from)
	}
	shape := slices.Clone(to)
	open, known := -1, 1
	for i, size := range shape {
		switch {
		case size == 0 && !allowZero && i < len(from):
			shape[i] = from[i]
		case size == -1 && open < 0:
			open = i
			continue
		case size < 0:
			return nil, fmt.Errorf("shape %v: size %d of axis %d, want a size of at least 1 (or one -1)", to, size, i)
		}
		if shape[i] > 0 && known > maxElements/shape[i] {
			return nil, errCount()
		}
		known *= shape[i]
	}
	if open >= 0 {
		if known == 0 {
			return nil, errCount()
		}
		shape[open] = product(from) / known
	}
	if product(shape) != product(from) {
		return nil, errCount()
	}
	return shape, nil
}
