package importer

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

func init() { register("Gemm", buildGemm) }

// buildGemm builds ONNX Gemm, opset 7 to 13: alpha·x·w + beta·c, with w or its
// transpose. x must not be transposed.
//
// https://onnx.ai/onnx/operators/onnx__Gemm.html
func buildGemm(n *node) (value, error) {
	xs, err := n.xs(2, 3)
	if err != nil {
		return value{}, err
	}
	if err := n.wantAttr("transA", 0); err != nil {
		return value{}, err
	}
	transposed, err := n.flag("transB")
	if err != nil {
		return value{}, err
	}
	alpha, err := attr(n, "alpha", float32(1))
	if err != nil {
		return value{}, err
	}
	beta, err := attr(n, "beta", float32(1))
	if err != nil {
		return value{}, err
	}
	dense := &op.Dense{TransposeWeight: transposed}
	if len(xs) == 2 || alpha == 1 && beta == 1 && len(xs[2].Shape()) == 1 && xs[2].Shape()[0] > 1 {
		y, err := n.apply(dense, xs...)
		if err != nil {
			return y, err
		}
		return n.scale(y.node, alpha)
	}
	return n.generalGemm(dense, xs, alpha, beta)
}

// generalGemm builds a Gemm with factors, or with a c that broadcasts.
func (n *node) generalGemm(dense *op.Dense, xs []*G.Node, alpha, beta float32) (value, error) {
	y, err := n.apply(dense, xs[:2]...)
	if err != nil {
		return y, err
	}
	if y, err = n.scale(y.node, alpha); err != nil {
		return y, err
	}
	c, err := n.scale(xs[2], beta)
	if err != nil {
		return c, err
	}
	return n.apply(&op.Add{}, y.node, c.node)
}

// scale returns factor·x.
func (n *node) scale(x *G.Node, factor float32) (value, error) {
	if factor == 1 {
		return value{node: x}, nil
	}
	return n.apply(&op.Mul{}, x, n.builder.constant([]int{1}, []float32{factor}))
}
