package importer

import (
	"fmt"

	"finetune/internal/op"
)

func init() { register("Gelu", buildGelu) }

// buildGelu builds ONNX Gelu, opset 20: x·Φ(x), or with approximate = tanh its
// approximation by tanh.
//
// https://onnx.ai/onnx/operators/onnx__Gelu.html
func buildGelu(n *node) (value, error) {
	approximate, err := attr(n, "approximate", "none")
	if err != nil {
		return value{}, err
	}
	switch approximate {
	case "none":
		return n.unary(&op.Map{Function: op.Gelu})
	case "tanh":
		return n.unary(&op.Map{Function: op.GeluTanh})
	}
	return value{}, fmt.Errorf("attribute approximate = %q, want none or tanh", approximate)
}
