package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("Trilu", buildTrilu) }

// buildTrilu builds ONNX Trilu, opset 14: of the matrices of x the triangle on
// and above diagonal k, or with upper = 0 on and below it, and 0 elsewhere.
//
// https://onnx.ai/onnx/operators/onnx__Trilu.html
func buildTrilu(n *node) (value, error) {
	if err := n.wantInputs(1, 2); err != nil {
		return value{}, err
	}
	upper, err := n.intAttr("upper", 1)
	if err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	shape := x.Shape()
	if len(shape) < 2 {
		return value{}, fmt.Errorf("x has shape %v, want rank 2 or more", shape)
	}
	k := 0
	if n.has(1) {
		given, err := n.constInts(1)
		if err != nil {
			return value{}, err
		}
		if len(given) != 1 {
			return value{}, fmt.Errorf("k %v, want one integer", given)
		}
		k = given[0]
	}
	matrix := slices.Clone([]int(shape[len(shape)-2:]))
	size, ok := sizeOf(matrix)
	if !ok {
		return value{}, fmt.Errorf("x has shape %v: %w", shape, ErrUnsupported)
	}
	if err := n.spend(size); err != nil {
		return value{}, err
	}
	kept := make([]float64, size)
	for i := range kept {
		row, col := i/matrix[1], i%matrix[1]
		if upper != 0 && col-row >= k || upper == 0 && col-row <= k {
			kept[i] = 1
		}
	}
	y, err := n.apply(&op.Where{}, newConstant(boolean, matrix, kept...), x, number(0))
	return y.as(x.kind), err
}
