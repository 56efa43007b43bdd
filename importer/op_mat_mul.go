package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
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
		x, ok, err := n.transposed(b)
		if err != nil {
			return x, err
		}
		if ok {
			b = x
		}
		return n.apply(&op.MatMul{TransposeB: ok}, a, b)
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

// transposed returns the stack whose matrices, transposed and maybe times a number,
// b is, as exporters write the products of queries and keys; ok is false if it is
// something else.
func (n *node) transposed(b value) (y value, ok bool, err error) {
	if b.constant != nil {
		return value{}, false, nil
	}
	if x := matrixTransposed(b.node); x != nil {
		return value{node: x, kind: b.kind}, true, nil
	}
	def, in := definition(b.node)
	if _, ok := def.(*op.Mul); !ok {
		return value{}, false, nil
	}
	for i, factor := range in {
		x := matrixTransposed(in[1-i])
		if x == nil || product(factor.Shape()) != 1 || len(factor.Shape()) > len(x.Shape()) {
			continue
		}
		y, err = n.times(value{node: x, kind: b.kind}, value{node: factor, kind: b.kind})
		return y, err == nil, err
	}
	return value{}, false, nil
}

// matrixTransposed returns the node of which n swaps the last two axes alone, or nil.
func matrixTransposed(n *G.Node) *G.Node {
	def, in := definition(n)
	d, ok := def.(*op.Transpose)
	if !ok {
		return nil
	}
	last := len(d.Perm) - 1
	for i, axis := range d.Perm {
		if i < last-1 && axis != i || i == last && axis != last-1 {
			return nil
		}
	}
	return in[0]
}

// definition returns what a node applies to its operands; nil if it is none of
// package op.
func definition(x *G.Node) (def op.Def, in G.Nodes) {
	o, ok := x.Op().(*op.Op)
	if !ok {
		return nil, nil
	}
	for it := x.Graph().From(x.ID()); it.Next(); {
		in = append(in, it.Node().(*G.Node))
	}
	return o.Def, in
}
