package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

// indices returns input 1, which must be constant integers of any rank, and
// their dims.
func (n *node) indices() (indices, dims []int, err error) {
	c, err := n.constInput(1, integer)
	if err != nil {
		return nil, nil, err
	}
	indices, err = c.ints()
	return indices, c.dims, err
}

// tuples reads input 1 as GatherND and ScatterND do: its last axis counts along
// the axes of an x of that shape that follow batch axes which both have. It
// returns where each tuple points in x with all these axes taken as one, how many
// of x they are, and the dims of the indices.
func (n *node) tuples(shape []int, batch int) (at []int, axes int, dims []int, err error) {
	indices, dims, err := n.indices()
	if err != nil {
		return nil, 0, nil, err
	}
	last := len(dims) - 1
	if batch < 0 || batch > last || batch > len(shape) || !slices.Equal(dims[:batch], shape[:batch]) ||
		dims[last] < 1 || batch+dims[last] > len(shape) {
		return nil, 0, nil, fmt.Errorf("indices have shape %v for x of shape %v, batch_dims is %d", dims, shape, batch)
	}
	depth, each := dims[last], product(dims[batch:last])
	at = make([]int, 0, len(indices)/depth)
	for k := 0; k < len(indices); k += depth {
		place := k / depth / each // The element of the batch.
		for a, i := range indices[k : k+depth] {
			if i, err = axis(i, shape[batch+a]); err != nil {
				return nil, 0, nil, fmt.Errorf("index: %w", err)
			}
			place = place*shape[batch+a] + i
		}
		at = append(at, place)
	}
	return at, batch + depth, dims, nil
}

// elements reads input 1 as GatherElements and ScatterElements do: each index
// stands for an element of an x of that shape at its own place, but for the axis of
// the attribute. It returns where these are in x, taken as one line, and the dims of
// the indices.
func (n *node) elements(shape []int) (at, dims []int, err error) {
	along, err := n.intAttr("axis", 0)
	if err != nil {
		return nil, nil, err
	}
	if along, err = axis(along, len(shape)); err != nil {
		return nil, nil, err
	}
	indices, dims, err := n.indices()
	if err != nil {
		return nil, nil, err
	}
	fits := len(dims) == len(shape)
	for a := 0; fits && a < len(shape); a++ {
		fits = a == along || dims[a] <= shape[a]
	}
	if !fits {
		return nil, nil, fmt.Errorf("indices have shape %v for x of shape %v, axis is %d", dims, shape, along)
	}
	at = make([]int, len(indices))
	for k, index := range indices {
		if index, err = axis(index, shape[along]); err != nil {
			return nil, nil, fmt.Errorf("index: %w", err)
		}
		rest, stride := k, 1
		for a := len(shape) - 1; a >= 0; a-- {
			place := rest % dims[a]
			rest /= dims[a]
			if a == along {
				place = index
			}
			at[k] += place * stride
			stride *= shape[a]
		}
	}
	return at, dims, nil
}

// gatherFirst takes what lies at places of x, its first axes taken as one, and gives
// them dims in the place of these axes.
func (n *node) gatherFirst(x value, axes int, at, dims []int) (value, error) {
	shape := x.Shape()
	x, err := n.reshape(x, slices.Concat([]int{product(shape[:axes])}, shape[axes:]))
	if err != nil {
		return x, err
	}
	if x, err = n.gather(x, 0, at); err != nil {
		return x, err
	}
	return n.reshape(x, slices.Concat(dims, shape[axes:]))
}

// scatter puts slices of input 2, the updates, into input 0, x. places says of
// their shapes where the slices begin in x, taken as one line, and of how many
// elements they are.
func (n *node) scatter(places func(x, updates []int) (at []int, size int, err error)) (value, error) {
	if err := n.wantInputs(3, 3); err != nil {
		return value{}, err
	}
	reduction, err := n.scatterReduction()
	if err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	updates, err := n.value(2)
	if err != nil {
		return value{}, err
	}
	at, size, err := places(x.Shape(), updates.Shape())
	if err != nil {
		return value{}, err
	}
	return n.apply(&op.Scatter{At: at, Size: size, Reduction: reduction}, x, updates)
}

// scatterReduction returns the attribute reduction; nil for none.
func (n *node) scatterReduction() (*op.Reduction, error) {
	name, err := attr(n, "reduction", "none")
	if err != nil {
		return nil, err
	}
	switch name {
	case "none":
		return nil, nil
	case "add":
		return &op.Sum, nil
	case "mul":
		return &op.Product, nil
	case "min":
		return &op.Smallest, nil
	case "max":
		return &op.Largest, nil
	}
	return nil, fmt.Errorf("attribute reduction = %q, want none, add, mul, min or max", name)
}
