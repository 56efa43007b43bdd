package importer

import (
	"fmt"
	"slices"
)

func init() { register("Squeeze", buildSqueeze) }

// buildSqueeze builds ONNX Squeeze: axes are an attribute up to opset 11 and a
// constant input from opset 13 on; without axes all of size 1 go.
//
// https://onnx.ai/onnx/operators/onnx__Squeeze.html
func buildSqueeze(n *node) (value, error) {
	if err := n.wantInputs(1, 2); err != nil {
		return value{}, err
	}
	axes, err := n.axes(1, 13)
	if err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	to, err := squeezed(x.Shape(), axes)
	if err != nil {
		return value{}, err
	}
	return n.reshape(x, to)
}

// squeezed returns shape without the axes, which must be of size 1; without
// any axes given, without all of size 1.
func squeezed(shape, axes []int) ([]int, error) {
	drop := make([]bool, len(shape))
	for _, a := range axes {
		at, err := axis(a, len(shape))
		if err != nil {
			return nil, err
		}
		if shape[at] != 1 {
			return nil, fmt.Errorf("x has shape %v, want size 1 for axis %d", shape, a)
		}
		drop[at] = true
	}
	var to []int
	for i, size := range shape {
		if !drop[i] && (axes != nil || size != 1) {
			to = append(to, size)
		}
	}
	return slices.Clip(to), nil
}

// axes returns the axes of n: an attribute before the opset since, and an
// optional constant input i from it on. They are nil if none are given.
func (n *node) axes(i int, since int64) ([]int, error) {
	if n.opset < since {
		if n.has(i) {
			return nil, fmt.Errorf("input %d holds axes, which it may from opset %d on, the file is of opset %d: want the attribute axes", i, since, n.opset)
		}
		return n.intsAttr("axes", -1)
	}
	if !n.has(i) {
		return nil, nil
	}
	return n.constInts(i)
}
