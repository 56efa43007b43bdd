package importer

import (
	"fmt"

	"finetune/internal/op"
)

func init() { register("Div", buildDiv) }

// buildDiv builds ONNX Div by a constant, opset 7 to 14, as a product with its
// reciprocal.
//
// https://onnx.ai/onnx/operators/onnx__Div.html
func buildDiv(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	x, err := n.x(0)
	if err != nil {
		return value{}, err
	}
	divisor, err := n.value(1)
	if err != nil {
		return value{}, err
	}
	if divisor.tensor == nil {
		return value{}, fmt.Errorf("the divisor %q is not constant: %w", n.inputs[1], ErrUnsupported)
	}
	values, err := divisor.tensor.Floats()
	if err != nil {
		return value{}, err
	}
	for i := range values {
		values[i] = 1 / values[i]
	}
	return n.apply(&op.Mul{}, x, n.builder.constant(divisor.tensor.Dims, values))
}
