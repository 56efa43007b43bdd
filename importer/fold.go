package importer

import (
	"fmt"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// apply puts an operator into the graph; of constants alone it computes it.
// The result has the kind of the first input.
func (n *node) apply(def op.Def, in ...value) (value, error) {
	shapes := make([]tensor.Shape, len(in))
	known := true
	for i, v := range in {
		shapes[i] = v.Shape()
		known = known && v.constant != nil
	}
	shape, err := def.Infer(shapes)
	if err != nil {
		return value{}, fmt.Errorf("%s: %w", def.Name(), err)
	}
	if known {
		if err := n.spendOn(def, shape, in); err != nil {
			return value{}, err
		}
		return fold(def, shape, in, max(maxConstant, n.builder.made))
	}
	if err := wantElements(shape); err != nil {
		return value{}, err
	}
	nodes := make([]*G.Node, len(in))
	for i, v := range in {
		if nodes[i], err = n.builder.node(v); err != nil {
			return value{}, err
		}
	}
	y, err := op.Apply(def, nodes...)
	return value{node: y, kind: in[0].kind}, err
}

// fold computes an operator of constants that returns at most so many elements.
func fold(def op.Def, shape tensor.Shape, in []value, most int) (value, error) {
	if size, ok := sizeOf(shape); !ok || size > most {
		return value{}, fmt.Errorf("a constant of shape %v: %w, want at most %d elements", shape, ErrUnsupported, most)
	}
	arrays := make([]op.Array, len(in))
	for i, v := range in {
		data, err := v.constant.values()
		if err != nil {
			return value{}, err
		}
		arrays[i] = op.Array{Shape: v.constant.dims, Data: data}
	}
	y := op.Array{Shape: shape, Data: make([]float64, product(shape))}
	def.Forward(y, arrays)
	return newConstant(in[0].kind, shape, y.Data...), nil
}

// maxElements bounds a tensor of the graph.
const maxElements = 1 << 31

// wantElements checks the size of a tensor of the graph.
func wantElements(shape tensor.Shape) error {
	switch size, ok := sizeOf(shape); {
	case !ok || size > maxElements:
		return fmt.Errorf("a tensor of shape %v: %w, want at most %d elements", shape, ErrUnsupported, maxElements)
	case size == 0:
		return fmt.Errorf("a tensor of shape %v has no elements: %w", shape, ErrUnsupported)
	}
	return nil
}

// sizeOf returns the number of elements, and whether an int holds it.
func sizeOf(shape []int) (size int, ok bool) {
	size = 1
	for _, d := range shape {
		if d > 0 && size > maxElements/d {
			return 0, false
		}
		size *= d
	}
	return size, true
}

// unary applies an operator of one input, which holds floats.
func (n *node) unary(def op.Def) (value, error) {
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	return n.apply(def, xs...)
}

// mapped applies a function to the input, of any kind.
func (n *node) mapped(f op.Function) (value, error) {
	xs, err := n.any(1, 1)
	if err != nil {
		return value{}, err
	}
	return n.apply(&op.Map{Function: f}, xs...)
}

// binary applies an operation to two inputs of one kind.
func (n *node) binary(def op.Def) (value, error) {
	xs, err := n.alike(2, 2)
	if err != nil {
		return value{}, err
	}
	n.unexpanded(xs)
	return n.apply(def, xs...)
}

// compared is binary with a result of booleans.
func (n *node) compared(o op.Operation) (value, error) {
	y, err := n.binary(&op.Binary{Operation: o})
	return y.as(boolean), err
}

// logical applies an operation to two inputs of booleans.
func (n *node) logical(o op.Operation) (value, error) {
	xs, err := n.booleans(2)
	if err != nil {
		return value{}, err
	}
	n.unexpanded(xs)
	y, err := n.apply(&op.Binary{Operation: o}, xs...)
	return y.as(boolean), err
}

// combined applies an operation to the first two inputs, and to the result and
// each further input.
func (n *node) combined(def op.Def) (value, error) {
	xs, err := n.alike(max(1, len(n.inputs)), len(n.inputs))
	if err != nil {
		return value{}, err
	}
	y := xs[0]
	for _, x := range xs[1:] {
		if y, err = n.apply(def, y, x); err != nil {
			return y, err
		}
	}
	return y, nil
}

// add, times and scale compute with nodes and constants.
func (n *node) add(a, b value) (value, error) { return n.apply(&op.Add{}, a, b) }

func (n *node) times(a, b value) (value, error) { return n.apply(&op.Mul{}, a, b) }

// scale returns factor·x.
func (n *node) scale(x value, factor float64) (value, error) {
	if factor == 1 {
		return x, nil
	}
	return n.times(x, number(factor))
}

// transpose permutes the axes of x.
func (n *node) transpose(x value, perm ...int) (value, error) {
	for i, axis := range perm {
		if i != axis {
			return n.apply(&op.Transpose{Perm: perm}, x)
		}
	}
	return x, nil
}

// gather takes slices along an axis of x; all of them in their order are x.
func (n *node) gather(x value, axis int, indices []int) (value, error) {
	size := x.Shape()[axis]
	whole := len(indices) == size
	for i, index := range indices {
		whole = whole && i == index
	}
	if whole {
		return x, nil
	}
	return n.apply(&op.Gather{Axis: axis, Indices: indices}, x)
}
