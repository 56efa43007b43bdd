package importer

import "fmt"

func init() { register("InstanceNormalization", buildInstanceNormalization) }

// buildInstanceNormalization builds ONNX InstanceNormalization, opset 6 to 22:
// group normalization with a group for each channel.
//
// https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html
func buildInstanceNormalization(n *node) (value, error) {
	xs, err := n.xs(3, 3)
	if err != nil {
		return value{}, err
	}
	epsilon, err := n.number("epsilon", 1e-5)
	if err != nil {
		return value{}, err
	}
	if len(xs[0].Shape()) < 2 {
		return value{}, fmt.Errorf("x has shape %v, want rank 2 or more [N,C,...]", xs[0].Shape())
	}
	return n.groupNorm(xs, xs[0].Shape()[1], epsilon)
}
