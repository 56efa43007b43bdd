package importer

import (
	"finetune/internal/kernel"
	"finetune/internal/op"
)

func init() { register("HardSigmoid", buildHardSigmoid) }

// buildHardSigmoid builds ONNX HardSigmoid, opset 6 to 22, of simpler
// operators: min(max(alpha·x + beta, 0), 1).
//
// https://onnx.ai/onnx/operators/onnx__HardSigmoid.html
func buildHardSigmoid(n *node) (value, error) {
	alpha, err := attr(n, "alpha", float32(0.2))
	if err != nil {
		return value{}, err
	}
	beta, err := attr(n, "beta", float32(0.5))
	if err != nil {
		return value{}, err
	}
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	y, err := n.scale(xs[0], alpha)
	if err != nil {
		return y, err
	}
	y, err = n.apply(&op.Add{}, y.node, n.builder.constant([]int{1}, []float32{beta}))
	if err != nil {
		return y, err
	}
	return n.apply(&op.Activate{Activation: kernel.Activation{Kind: kernel.Clip, Alpha: 0, Beta: 1}}, y.node)
}
