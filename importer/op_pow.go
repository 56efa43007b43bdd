package importer

import "finetune/internal/op"

func init() { register("Pow", buildPow) }

// buildPow builds ONNX Pow, opset 7 to 15: a to the power of b, with
// multidirectional broadcasting. The result has a's type; from opset 12 on b may
// have another. A square is a product, and a root a Sqrt.
//
// https://onnx.ai/onnx/operators/onnx__Pow.html
func buildPow(n *node) (value, error) {
	xs, err := n.any(2, 2)
	if err != nil {
		return value{}, err
	}
	if xs[0].node != nil && xs[1].constant != nil && product(xs[1].Shape()) == 1 && len(xs[1].Shape()) <= len(xs[0].Shape()) {
		exponent, err := xs[1].constant.values()
		if err != nil {
			return value{}, err
		}
		switch exponent[0] {
		case 2:
			return n.times(xs[0], xs[0])
		case 0.5:
			return n.apply(&op.Map{Function: op.Sqrt}, xs[0])
		}
	}
	y, err := n.apply(&op.Binary{Operation: op.Pow}, xs...)
	if err != nil || y.kind != integer {
		return y, err
	}
	return n.apply(&op.Map{Function: op.Trunc}, y)
}
