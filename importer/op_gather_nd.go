package importer

import (
	"fmt"
	"slices"
)

func init() { register("GatherND", buildGatherND) }

// buildGatherND builds ONNX GatherND, opset 11 to 13, with constant indices: the
// last axis of the indices counts along the first axes of x that follow
// batch_dims axes which both have (opset 12).
//
// https://onnx.ai/onnx/operators/onnx__GatherND.html
func buildGatherND(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	c, err := n.constInput(1, integer)
	if err != nil {
		return value{}, err
	}
	given, err := c.ints()
	if err != nil {
		return value{}, err
	}
	batch := 0
	if n.opset >= 12 {
		if batch, err = n.intAttr("batch_dims", 0); err != nil {
			return value{}, err
		}
	}
	shape, rank := x.Shape(), len(c.dims)
	if batch < 0 || batch >= min(rank, len(shape)) || !slices.Equal(c.dims[:batch], shape[:batch]) ||
		c.dims[rank-1] < 1 || batch+c.dims[rank-1] > len(shape) {
		return value{}, fmt.Errorf("indices have shape %v for x of shape %v, batch_dims is %d", c.dims, shape, batch)
	}
	depth := c.dims[rank-1]
	last := batch + depth // Of the axes that are counted along, the one after.
	rows := product(c.dims[batch : rank-1])
	indices := make([]int, 0, len(given)/depth)
	for k := 0; k < len(given); k += depth {
		at := k / depth / rows // The element of the batch, its axes taken as one.
		for a, i := range given[k : k+depth] {
			if i, err = axis(i, shape[batch+a]); err != nil {
				return value{}, fmt.Errorf("index: %w", err)
			}
			at = at*shape[batch+a] + i
		}
		indices = append(indices, at)
	}
	if x, err = n.reshape(x, slices.Concat([]int{product(shape[:last])}, shape[last:])); err != nil {
		return value{}, err
	}
	if x, err = n.gather(x, 0, indices); err != nil {
		return value{}, err
	}
	return n.reshape(x, slices.Concat(c.dims[:rank-1], shape[last:]))
}
