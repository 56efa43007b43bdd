package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("MatMul", buildMatMul) }

// buildMatMul builds ONNX MatMul, opset 1 to 13, as numpy.matmul has it: stacks
// of matrices broadcast, and a vector is a row on the left and a column on the
// right. With one matrix b the leading axes of a are rows.
//
// https://onnx.ai/onnx/operators/onnx__MatMul.html
func buildMatMul(n *node) (value, error) {
	xs, err := n.xs(2, 2)
	if err != nil {
		return value{}, err
	}
	return n.matMul(xs[0], xs[1])
}

// matMul multiplies a by b.
func (n *node) matMul(a, b value) (value, error) {
	shapeA, shapeB := a.Shape(), b.Shape()
	if len(shapeA) == 0 || len(shapeB) == 0 {
		return value{}, fmt.Errorf("a has shape %v and b %v, want rank 1 or more", shapeA, shapeB)
	}
	var err error
	if len(shapeA) == 1 {
		if a, err = n.reshape(a, []int{1, shapeA[0]}); err != nil {
			return value{}, err
		}
	}
	if len(shapeB) == 1 {
		if b, err = n.reshape(b, []int{shapeB[0], 1}); err != nil {
			return value{}, err
		}
	}
	y, err := n.matrices(a, b)
	if err != nil {
		return y, err
	}
	shape := y.Shape()
	rank := len(shape)
	to := slices.Clone([]int(shape[:rank-2]))
	if len(shapeA) > 1 {
		to = append(to, shape[rank-2])
	}
	if len(shapeB) > 1 {
		to = append(to, shape[rank-1])
	}
	return n.reshape(y, to)
}

// matrices multiplies stacks of matrices.
func (n *node) matrices(a, b value) (value, error) {
	shapeA, shapeB := a.Shape(), b.Shape()
	if len(shapeB) != 2 {
		return n.apply(&op.MatMul{}, a, b)
	}
	last := len(shapeA) - 1
	rows, err := n.reshape(a, []int{product(shapeA[:last]), shapeA[last]})
	if err != nil {
		return rows, err
	}
	y, err := n.apply(&op.Dense{}, rows, b)
	if err != nil {
		return y, err
	}
	return n.reshape(y, append(slices.Clone([]int(shapeA[:last])), shapeB[1]))
}
