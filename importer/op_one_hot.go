package importer

import (
	"fmt"
	"slices"
)

func init() { register("OneHot", buildOneHot) }

// buildOneHot builds ONNX OneHot, opset 9 to 11, of constants: along a new axis of
// size depth, the second of values where the index says and the first elsewhere.
// An index from −depth to −1 counts from the end from opset 11 on; others out of
// range mean nowhere.
//
// https://onnx.ai/onnx/operators/onnx__OneHot.html
func buildOneHot(n *node) (value, error) {
	if err := n.wantInputs(3, 3); err != nil {
		return value{}, err
	}
	var known [3]*constant // indices, depth, values
	var numbers [3][]float64
	var kinds [3]kind
	for i := range known {
		v, err := n.value(i)
		if err != nil {
			return value{}, err
		}
		if known[i], err = n.constInput(i, v.kind); err != nil {
			return value{}, err
		}
		if numbers[i], err = known[i].values(); err != nil {
			return value{}, err
		}
		kinds[i] = v.kind
	}
	if len(numbers[1]) != 1 || len(numbers[2]) != 2 {
		return value{}, fmt.Errorf("depth has %d numbers and values %d, want 1 and 2", len(numbers[1]), len(numbers[2]))
	}
	dims := known[0].dims
	along, err := n.intAttr("axis", -1)
	if err != nil {
		return value{}, err
	}
	if along, err = axis(along, len(dims)+1); err != nil {
		return value{}, err
	}
	indices, off, on := numbers[0], numbers[2][0], numbers[2][1]
	if !(numbers[1][0] >= 1 && numbers[1][0] <= maxConstant/float64(max(1, len(indices)))) {
		return value{}, fmt.Errorf("depth %v of %d indices: %w, want at least 1 and at most %d numbers", numbers[1][0], len(indices), ErrUnsupported, maxConstant)
	}
	depth := int(numbers[1][0])
	if err := n.spend(depth * len(indices)); err != nil {
		return value{}, err
	}
	data := slices.Repeat([]float64{off}, depth*len(indices))
	inner := product(dims[along:])
	for k, index := range indices {
		if index < 0 && n.opset >= 11 {
			index += float64(depth)
		}
		if place := int(index); index >= 0 && place < depth {
			data[(k/inner*depth+place)*inner+k%inner] = on
		}
	}
	return newConstant(kinds[2], slices.Concat(dims[:along], []int{depth}, dims[along:]), data...), nil
}
