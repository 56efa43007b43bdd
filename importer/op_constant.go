package importer

import (
	"fmt"

	"finetune/internal/onnxfile"
)

func init() { register("Constant", buildConstant) }

// buildConstant builds ONNX Constant, opset 1 to 24, whose value is known by
// its name before the nodes are built.
//
// https://onnx.ai/onnx/operators/onnx__Constant.html
func buildConstant(n *node) (value, error) { return n.builder.value(n.output) }

// constantValue returns the tensor of a Constant node.
func constantValue(n *onnxfile.Node) (*onnxfile.Tensor, error) {
	if len(n.Attributes) != 1 {
		return nil, fmt.Errorf("%d attributes, want 1", len(n.Attributes))
	}
	t := &onnxfile.Tensor{Name: n.Outputs[0]}
	switch a := n.Attributes[0]; a.Name {
	case "value":
		if a.Tensor == nil {
			return nil, fmt.Errorf("attribute value is no tensor")
		}
		return a.Tensor, nil
	case "value_float":
		t.SetFloats(nil, []float32{a.Float})
	case "value_floats":
		t.SetFloats([]int{len(a.Floats)}, a.Floats)
	case "value_int":
		t.SetInts(nil, a.Int)
	case "value_ints":
		t.SetInts([]int{len(a.Ints)}, a.Ints...)
	default:
		return nil, fmt.Errorf("attribute %q: %w", a.Name, ErrUnsupported)
	}
	return t, nil
}
