package importer

import (
	"slices"

	"finetune/internal/op"
)

// reduce builds a reduction, whose axes are an optional input from the opset
// since on.
func (n *node) reduce(r op.Reduction, since int64) (value, error) {
	if err := n.wantInputs(1, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	axes, keep, err := n.reducedAxes(x, since)
	if err != nil {
		return value{}, err
	}
	return n.reduceAxes(r, x, axes, keep)
}

// reducedAxes returns the axes of a reduction, sorted, and whether they keep
// size 1.
func (n *node) reducedAxes(x value, since int64) (axes []int, keep bool, err error) {
	given, err := n.axes(1, since)
	if err != nil {
		return nil, false, err
	}
	keep, err = n.keepdims()
	if err != nil {
		return nil, false, err
	}
	noop, err := n.flag("noop_with_empty_axes")
	if err != nil {
		return nil, false, err
	}
	rank := len(x.Shape())
	if len(given) == 0 && !noop {
		for a := range rank {
			given = append(given, a)
		}
	}
	for _, a := range given {
		a, err := axis(a, rank)
		if err != nil {
			return nil, false, err
		}
		axes = append(axes, a)
	}
	slices.Sort(axes)
	return slices.Compact(axes), keep, nil
}

// reduceAxes reduces x along sorted axes. The mean over H and W of [N,C,H,W] is
// global average pooling.
func (n *node) reduceAxes(r op.Reduction, x value, axes []int, keep bool) (value, error) {
	shape := x.Shape()
	var def op.Def = &op.Reduce{Reduction: r, Axes: axes}
	if r.Label == op.Mean.Label && len(shape) == 4 && slices.Equal(axes, []int{2, 3}) {
		def = &op.GlobalAveragePool{}
	}
	y, err := n.apply(def, x)
	if err != nil || keep {
		return y, err
	}
	var to []int
	for i, size := range shape {
		if !slices.Contains(axes, i) {
			to = append(to, size)
		}
	}
	return n.reshape(y, to)
}

// argument builds ArgMax and ArgMin, by the first or the last of equal elements.
func (n *node) argument(first, last op.Reduction) (value, error) {
	xs, err := n.any(1, 1)
	if err != nil {
		return value{}, err
	}
	at, err := n.axisAttr(0, len(xs[0].Shape()))
	if err != nil {
		return value{}, err
	}
	keep, err := n.keepdims()
	if err != nil {
		return value{}, err
	}
	selectLast, err := n.flag("select_last_index")
	if err != nil {
		return value{}, err
	}
	if selectLast {
		first = last
	}
	y, err := n.reduceAxes(first, xs[0], []int{at}, keep)
	return y.as(integer), err
}
