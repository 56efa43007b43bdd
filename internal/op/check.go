package op

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"
)

// maxAttribute bounds kernels, strides, dilations and pads, far above any
// model's, so that sums and products of them stay far below an int's range.
const maxAttribute = 1 << 20

// wantAttributes checks attributes that have a least value.
func wantAttributes(name string, least int, attributes ...int) error {
	for _, a := range attributes {
		if a < least || a > maxAttribute {
			return fmt.Errorf("%s %v: want %d to %d", name, attributes, least, maxAttribute)
		}
	}
	return nil
}

// wantInputs checks that there are least to most inputs.
func wantInputs(in []tensor.Shape, least, most int) error {
	switch n := len(in); {
	case n >= least && n <= most:
		return nil
	case least == most:
		return fmt.Errorf("%d inputs, want %d", n, least)
	default:
		return fmt.Errorf("%d inputs, want %d to %d", n, least, most)
	}
}

// wantRank checks the rank of the input called name; layout is what it should
// look like, such as "[N,C,H,W]".
func wantRank(name string, shape tensor.Shape, rank int, layout string) error {
	if len(shape) != rank {
		return fmt.Errorf("%s has shape %v, want rank %d %s", name, shape, rank, layout)
	}
	return nil
}

// wantShape checks the shape of the input called name.
func wantShape(name string, shape tensor.Shape, want ...int) error {
	if !slices.Equal(shape, want) {
		return fmt.Errorf("%s has shape %v, want %v", name, shape, tensor.Shape(want))
	}
	return nil
}

// wantAxis checks that axis is one of shape's.
func wantAxis(axis int, shape tensor.Shape) error {
	if axis < 0 || axis >= len(shape) {
		return fmt.Errorf("axis %d of shape %v, want one from 0 to %d", axis, shape, len(shape)-1)
	}
	return nil
}

// allKnown returns the Differentiable of an operator that knows the gradient of
// every input.
func allKnown(arity int) []bool { return firstKnown(arity, arity) }

// firstKnown returns the Differentiable of an operator that knows the gradient of
// its first n inputs.
func firstKnown(n, arity int) []bool {
	known := make([]bool, arity)
	for i := range n {
		known[i] = true
	}
	return known
}
