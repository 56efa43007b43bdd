package importer

import (
	"fmt"

	"finetune/internal/op"
)

func init() { register("Pad", buildPad) }

// buildPad builds ONNX Pad in constant mode. Pads and value are attributes in
// opset 2 and constant inputs from opset 11 on; opset 18 adds axes.
//
// https://onnx.ai/onnx/operators/onnx__Pad.html
func buildPad(n *node) (value, error) {
	if err := n.wantInputs(1, 4); err != nil {
		return value{}, err
	}
	mode, err := attr(n, "mode", "constant")
	if err != nil {
		return value{}, err
	}
	if mode != "constant" {
		return value{}, fmt.Errorf("attribute mode = %q: %w, want constant", mode, ErrUnsupported)
	}
	x, err := n.x(0)
	if err != nil {
		return value{}, err
	}
	def, err := n.padding(len(x.Shape()))
	if err != nil {
		return value{}, err
	}
	return n.apply(def, x)
}

// padding reads pads and value.
func (n *node) padding(rank int) (*op.Pad, error) {
	if n.opset < 11 {
		pads, err := n.intsAttr("pads", 2*rank)
		if err != nil {
			return nil, err
		}
		fill, err := attr(n, "value", float32(0))
		return &op.Pad{Pads: pads, Value: float64(fill)}, err
	}
	if !n.has(1) {
		return nil, fmt.Errorf("input 1, pads, is missing")
	}
	pads, err := n.constInts(1)
	if err != nil {
		return nil, err
	}
	fill, err := n.constFloat(2, 0)
	if err != nil {
		return nil, err
	}
	all := pads.values
	if n.has(3) {
		if all, err = n.spread(all, rank); err != nil {
			return nil, err
		}
	}
	return &op.Pad{Pads: all, Value: float64(fill)}, nil
}

// spread gives the pads of the axes in input 3 to all axes.
func (n *node) spread(pads []int, rank int) ([]int, error) {
	axes, err := n.constInts(3)
	if err != nil {
		return nil, err
	}
	count := len(axes.values)
	if len(pads) != 2*count {
		return nil, fmt.Errorf("%d pads for axes %v, want %d", len(pads), axes.values, 2*count)
	}
	all := make([]int, 2*rank)
	for i, a := range axes.values {
		at, err := axis(a, rank)
		if err != nil {
			return nil, err
		}
		all[at], all[rank+at] = pads[i], pads[count+i]
	}
	return all, nil
}
