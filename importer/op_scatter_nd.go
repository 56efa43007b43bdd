package importer

import (
	"fmt"

	"finetune/internal/op"
)

func init() { register("ScatterND", buildScatterND) }

// buildScatterND builds ONNX ScatterND, opset 11 to 18, with constant indices:
// slices of x are replaced, or combined by one of the reductions of opset 16
// and 18.
//
// https://onnx.ai/onnx/operators/onnx__ScatterND.html
func buildScatterND(n *node) (value, error) {
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
	c, err := n.constInput(1, integer)
	if err != nil {
		return value{}, err
	}
	indices, err := c.ints()
	if err != nil {
		return value{}, err
	}
	updates, err := n.value(2)
	if err != nil {
		return value{}, err
	}
	shape := x.Shape()
	if len(c.dims) == 0 || c.dims[len(c.dims)-1] < 1 || c.dims[len(c.dims)-1] > len(shape) {
		return value{}, fmt.Errorf("indices have shape %v for x of shape %v", c.dims, shape)
	}
	depth := c.dims[len(c.dims)-1]
	def := &op.Scatter{Size: product(shape[depth:]), Reduction: reduction}
	for k := 0; k < len(indices); k += depth {
		at := 0
		for a, i := range indices[k : k+depth] {
			i, err := axis(i, shape[a])
			if err != nil {
				return value{}, fmt.Errorf("index: %w", err)
			}
			at = at*shape[a] + i
		}
		def.At = append(def.At, at*def.Size)
	}
	return n.apply(def, x, updates)
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
