package op

import (
	"fmt"

	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// MatMul multiplies stacks of matrices: a [...,M,K] by b [...,K,N] is
// [...,M,N]. The leading axes broadcast. With TransposeB b is [...,N,K].
//
// https://onnx.ai/onnx/operators/onnx__MatMul.html
type MatMul struct{ TransposeB bool }

var _ Def = (*MatMul)(nil)

// Name implements Def.
func (*MatMul) Name() string { return "MatMul" }

// Infer implements Def.
func (d *MatMul) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 2); err != nil {
		return nil, err
	}
	a, b := in[0], in[1]
	want := "[...,K,N]"
	if d.TransposeB {
		want = "[...,N,K]"
	}
	if len(a) < 2 || len(b) < 2 {
		return nil, fmt.Errorf("a has shape %v and b %v, want [...,M,K] and %s", a, b, want)
	}
	n, k := d.sizes(b)
	if a[len(a)-1] != k {
		return nil, fmt.Errorf("a has shape %v and b %v, want [...,M,K] and %s", a, b, want)
	}
	lead, err := broadcastShapes(a[:len(a)-2], b[:len(b)-2])
	if err != nil {
		return nil, err
	}
	return append(lead, a[len(a)-2], n), nil
}

// sizes returns N and K of a b of that shape.
func (d *MatMul) sizes(b []int) (n, k int) {
	if d.TransposeB {
		return b[len(b)-2], b[len(b)-1]
	}
	return b[len(b)-1], b[len(b)-2]
}

// A MatrixProduct is one product of matrices in a MatMul: where a, b and y begin.
type MatrixProduct struct{ A, B, Y int }

// Products lists the products for inputs of the given shapes, in the order of
// y, and their sizes.
func (d *MatMul) Products(a, b, y []int) (list []MatrixProduct, m, n, k int) {
	m = a[len(a)-2]
	n, k = d.sizes(b)
	lead := y[:len(y)-2]
	fromA, fromB := broadcastFrom(lead, a[:len(a)-2]), broadcastFrom(lead, b[:len(b)-2])
	for i := range fromA {
		list = append(list, MatrixProduct{fromA[i] * m * k, fromB[i] * k * n, i * m * n})
	}
	return list, m, n, k
}

// Forward implements Def.
func (d *MatMul) Forward(y Array, in []Array) {
	list, m, n, k := d.Products(in[0].Shape, in[1].Shape, y.Shape)
	for _, p := range list {
		naive.MatMul(y.Data[p.Y:p.Y+m*n], in[0].Data[p.A:p.A+m*k], in[1].Data[p.B:p.B+k*n], nil, m, n, k, false, d.TransposeB)
	}
}

// Differentiable implements Def.
func (*MatMul) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def: da = dy·bᵀ and db = aᵀ·dy, or its transpose, summed over the axes that
// were repeated.
func (d *MatMul) Grad(i int, dx Array, in []Array, _, dy Array) {
	list, m, n, k := d.Products(in[0].Shape, in[1].Shape, dy.Shape)
	part := make([]float64, []int{m * k, k * n}[i])
	for _, p := range list {
		a, b, g := in[0].Data[p.A:p.A+m*k], in[1].Data[p.B:p.B+k*n], dy.Data[p.Y:p.Y+m*n]
		to := p.A
		switch {
		case i == 0:
			naive.MatMul(part, g, b, nil, m, k, n, false, !d.TransposeB)
		case d.TransposeB:
			to = p.B
			naive.MatMul(part, g, a, nil, n, k, m, true, false)
		default:
			to = p.B
			naive.MatMul(part, a, g, nil, k, n, m, true, false)
		}
		for j, v := range part {
			dx.Data[to+j] += v
		}
	}
}
