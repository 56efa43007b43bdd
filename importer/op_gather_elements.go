package importer

import "fmt"

func init() { register("GatherElements", buildGatherElements) }

// buildGatherElements builds ONNX GatherElements, opset 11 to 13, with constant
// indices: y has their shape, and each says where along the axis its element is.
//
// https://onnx.ai/onnx/operators/onnx__GatherElements.html
func buildGatherElements(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	at, c, err := n.elements(x.Shape())
	if err != nil {
		return value{}, err
	}
	if x, err = n.reshape(x, []int{product(x.Shape())}); err != nil {
		return value{}, err
	}
	if x, err = n.gather(x, 0, at); err != nil {
		return value{}, err
	}
	return n.reshape(x, c.dims)
}

// elements returns which element of a tensor of that shape, row by row, each of the
// constant indices of input 1 means: its place, but for the axis of the attribute.
func (n *node) elements(shape []int) ([]int, *constant, error) {
	along, err := n.intAttr("axis", 0)
	if err != nil {
		return nil, nil, err
	}
	if along, err = axis(along, len(shape)); err != nil {
		return nil, nil, err
	}
	c, err := n.constInput(1, integer)
	if err != nil {
		return nil, nil, err
	}
	fits := len(c.dims) == len(shape)
	for a := 0; fits && a < len(shape); a++ {
		fits = a == along || c.dims[a] <= shape[a]
	}
	if !fits {
		return nil, nil, fmt.Errorf("indices have shape %v for x of shape %v, axis is %d", c.dims, shape, along)
	}
	indices, err := c.ints()
	if err != nil {
		return nil, nil, err
	}
	at := make([]int, len(indices))
	for k, index := range indices {
		if index, err = axis(index, shape[along]); err != nil {
			return nil, nil, fmt.Errorf("index: %w", err)
		}
		rest, stride := k, 1
		for a := len(shape) - 1; a >= 0; a-- {
			place := rest % c.dims[a]
			rest /= c.dims[a]
			if a == along {
				place = index
			}
			at[k] += place * stride
			stride *= shape[a]
		}
	}
	return at, c, nil
}
