package importer

import (
	"fmt"

	"finetune/internal/onnxfile"
)

func init() { register("Cast", buildCast) }

// buildCast builds ONNX Cast, opset 6 to 24, between floating-point types,
// which are one here, and between types of integers.
//
// https://onnx.ai/onnx/operators/onnx__Cast.html
func buildCast(n *node) (value, error) {
	if err := n.wantInputs(1, 1); err != nil {
		return value{}, err
	}
	to, err := n.intAttr("to", 0)
	if err != nil {
		return value{}, err
	}
	n.ignore("saturate", "round_mode") // Of 8-bit types.
	v, err := n.value(0)
	if err != nil {
		return v, err
	}
	ints := v.ints != nil || v.tensor != nil && v.tensor.Type.IsInt()
	t := onnxfile.DataType(to)
	if ints && !t.IsInt() || !ints && !t.IsFloat() {
		return v, fmt.Errorf("attribute to = %v: %w for this input", t, ErrUnsupported)
	}
	return v, nil
}
