package importer

import "fmt"

func init() { register("CumSum", buildCumSum) }

// buildCumSum builds ONNX CumSum, opset 11 to 14: the sums of the elements up to
// each one along a constant axis, with reverse from each one on; exclusive leaves
// that one out. It is a product with a triangle of ones.
//
// https://onnx.ai/onnx/operators/onnx__CumSum.html
func buildCumSum(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	given, err := n.constInts(1)
	if err != nil {
		return value{}, err
	}
	rank := len(x.Shape())
	if len(given) != 1 {
		return value{}, fmt.Errorf("axis %v, want one integer", given)
	}
	at, err := axis(given[0], rank)
	if err != nil {
		return value{}, err
	}
	exclusive, err := n.flag("exclusive")
	if err != nil {
		return value{}, err
	}
	reverse, err := n.flag("reverse")
	if err != nil {
		return value{}, err
	}
	size := x.Shape()[at]
	if size > maxComputed { // Its square may not fit.
		return value{}, fmt.Errorf("%d elements along axis %d: %w", size, at, ErrUnsupported)
	}
	if err := n.spend(size * size); err != nil {
		return value{}, err
	}
	triangle := make([]float64, size*size)
	for i := range triangle {
		from, to := i/max(size, 1), i%max(size, 1)
		if reverse {
			from, to = to, from
		}
		if from < to || from == to && !exclusive {
			triangle[i] = 1
		}
	}
	swapped := make([]int, rank) // The axis and the last one.
	for i := range swapped {
		swapped[i] = i
	}
	swapped[at], swapped[rank-1] = rank-1, at
	if x, err = n.transpose(x, swapped...); err != nil {
		return value{}, err
	}
	y, err := n.matrices(x, newConstant(x.kind, []int{size, size}, triangle...))
	if err != nil {
		return y, err
	}
	y, err = n.transpose(y.as(x.kind), swapped...)
	return y.as(x.kind), err
}
