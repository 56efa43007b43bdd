package importer

import "finetune/internal/op"

func init() { register("Gemm", buildGemm) }

// buildGemm builds ONNX Gemm, opset 7 to 13: alpha·x·w + beta·c, with x and w or
// their transposes, and a c that broadcasts. c is optional from opset 11 on.
//
// https://onnx.ai/onnx/operators/onnx__Gemm.html
func buildGemm(n *node) (value, error) {
	xs, err := n.xs(2, 3)
	if err != nil {
		return value{}, err
	}
	for i, name := range []string{"a", "b"} {
		if err := wantRank(name, xs[i], 2); err != nil {
			return value{}, err
		}
	}
	transposedA, err := n.flag("transA")
	if err != nil {
		return value{}, err
	}
	transposedB, err := n.flag("transB")
	if err != nil {
		return value{}, err
	}
	if transposedA {
		if xs[0], err = n.transpose(xs[0], 1, 0); err != nil {
			return value{}, err
		}
	}
	alpha, err := n.number("alpha", 1)
	if err != nil {
		return value{}, err
	}
	beta, err := n.number("beta", 1)
	if err != nil {
		return value{}, err
	}
	dense := &op.Dense{TransposeWeight: transposedB}
	if len(xs) == 2 || alpha == 1 && beta == 1 && len(xs[2].Shape()) == 1 && xs[2].Shape()[0] > 1 {
		y, err := n.apply(dense, xs...)
		if err != nil {
			return y, err
		}
		return n.scale(y, alpha)
	}
	return n.generalGemm(dense, xs, alpha, beta)
}

// generalGemm builds a Gemm with factors, or with a c that broadcasts.
func (n *node) generalGemm(dense *op.Dense, xs []value, alpha, beta float64) (value, error) {
	y, err := n.apply(dense, xs[:2]...)
	if err != nil {
		return y, err
	}
	if y, err = n.scale(y, alpha); err != nil {
		return y, err
	}
	c, err := n.scale(xs[2], beta)
	if err != nil {
		return c, err
	}
	return n.add(y, c)
}
