package importer

import "fmt"

func init() { register("Flatten", buildFlatten) }

// buildFlatten builds ONNX Flatten, opset 1 to 24: the axes before axis become
// one, and so do the others. axis may be negative from opset 11 on.
//
// https://onnx.ai/onnx/operators/onnx__Flatten.html
func buildFlatten(n *node) (value, error) {
	xs, err := n.any(1, 1)
	if err != nil {
		return value{}, err
	}
	at, err := n.intAttr("axis", 1)
	if err != nil {
		return value{}, err
	}
	shape := xs[0].Shape()
	if at < -len(shape) || at > len(shape) {
		return value{}, fmt.Errorf("attribute axis = %d, want one from %d to %d", at, -len(shape), len(shape))
	}
	if at < 0 {
		at += len(shape)
	}
	return n.reshape(xs[0], []int{product(shape[:at]), product(shape[at:])})
}
