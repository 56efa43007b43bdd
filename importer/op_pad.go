package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("Pad", buildPad) }

// buildPad builds ONNX Pad in the modes constant, reflect, edge and, from opset
// 19 on, wrap. Negative pads cut off. Pads and value are attributes in opset 2
// and constant inputs from opset 11 on; opset 18 adds axes.
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
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	pads, fill, err := n.padding(len(x.Shape()))
	if err != nil {
		return value{}, err
	}
	if mode == "constant" {
		return n.padConstant(x, pads, fill)
	}
	from := map[string]func(i, size int) int{"reflect": reflected, "edge": clamped, "wrap": wrapped}[mode]
	if from == nil {
		return value{}, fmt.Errorf("attribute mode = %q, want constant, reflect, edge or wrap", mode)
	}
	rank := len(x.Shape())
	for axis := range rank {
		if x, err = n.padAxis(x, axis, pads[axis], pads[rank+axis], from); err != nil {
			return value{}, err
		}
	}
	return x, nil
}

// padConstant pads all axes with a number.
func (n *node) padConstant(x value, pads []int, fill float64) (value, error) {
	rank := len(x.Shape())
	added := slices.Clone(pads)
	for axis := range rank {
		begin, end := min(pads[axis], 0), min(pads[rank+axis], 0)
		added[axis], added[rank+axis] = pads[axis]-begin, pads[rank+axis]-end
		var err error
		if x, err = n.padAxis(x, axis, begin, end, clamped); err != nil {
			return value{}, err
		}
	}
	if !slices.ContainsFunc(added, func(p int) bool { return p != 0 }) {
		return x, nil
	}
	return n.apply(&op.Pad{Pads: added, Value: fill}, x)
}

// padAxis pads one axis, or cuts off, by elements of x: from says which one
// stands at a position outside of [0, size).
func (n *node) padAxis(x value, axis, begin, end int, from func(i, size int) int) (value, error) {
	size := x.Shape()[axis]
	if begin+end+size < 0 || begin+size < 0 || end+size < 0 || max(begin, end) > maxConstant || size < 1 {
		return value{}, fmt.Errorf("pads %d and %d for axis %d of shape %v, want at most %d and something left", begin, end, axis, x.Shape(), maxConstant)
	}
	if err := n.spend(begin + size + end); err != nil {
		return value{}, err
	}
	indices := make([]int, begin+size+end)
	for k := range indices {
		indices[k] = from(k-begin, size)
	}
	return n.gather(x, axis, indices)
}

// reflected mirrors i at the first and the last element, as often as needed.
func reflected(i, size int) int {
	if size == 1 {
		return 0
	}
	period := 2 * (size - 1)
	i = wrapped(i, period)
	return min(i, period-i)
}

func clamped(i, size int) int { return min(max(i, 0), size-1) }

func wrapped(i, size int) int { return (i%size + size) % size }

// padding reads pads, for all axes, and value.
func (n *node) padding(rank int) (pads []int, fill float64, err error) {
	if n.opset < 11 {
		if pads, err = n.intsAttr("pads", 2*rank); err != nil {
			return nil, 0, err
		}
		if pads == nil {
			return nil, 0, fmt.Errorf("attribute pads is missing")
		}
		fill, err = n.number("value", 0)
		return pads, fill, err
	}
	if !n.has(1) {
		return nil, 0, fmt.Errorf("input 1, pads, is missing")
	}
	if pads, err = n.constInts(1); err != nil {
		return nil, 0, err
	}
	if fill, err = n.fill(); err != nil {
		return nil, 0, err
	}
	if n.has(3) {
		pads, err = n.spread(pads, rank)
	}
	if err == nil && len(pads) != 2*rank {
		err = fmt.Errorf("pads %v, want %d of them", pads, 2*rank)
	}
	return pads, fill, err
}

// fill returns input 2, a constant number of any type; 0 if it is missing.
func (n *node) fill() (float64, error) {
	if !n.has(2) {
		return 0, nil
	}
	v, err := n.value(2)
	if err != nil {
		return 0, err
	}
	if v.constant == nil || product(v.Shape()) != 1 {
		return 0, fmt.Errorf("input 2, %q, is not one constant number: %w", n.inputs[2], ErrUnsupported)
	}
	values, err := v.constant.values()
	if err != nil {
		return 0, err
	}
	return values[0], nil
}

// spread gives the pads of the axes in input 3 to all axes.
func (n *node) spread(pads []int, rank int) ([]int, error) {
	axes, err := n.constInts(3)
	if err != nil {
		return nil, err
	}
	count := len(axes)
	if len(pads) != 2*count {
		return nil, fmt.Errorf("%d pads for axes %v, want %d", len(pads), axes, 2*count)
	}
	all := make([]int, 2*rank)
	for i, a := range axes {
		at, err := axis(a, rank)
		if err != nil {
			return nil, err
		}
		all[at], all[rank+at] = pads[i], pads[count+i]
	}
	return all, nil
}
