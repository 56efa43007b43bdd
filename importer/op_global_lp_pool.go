package importer

import "finetune/internal/op"

func init() { register("GlobalLpPool", buildGlobalLpPool) }

// buildGlobalLpPool builds ONNX GlobalLpPool, opset 2 to 22: the p-norm of each
// channel.
//
// https://onnx.ai/onnx/operators/onnx__GlobalLpPool.html
func buildGlobalLpPool(n *node) (value, error) {
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	p, err := n.exponent()
	if err != nil {
		return value{}, err
	}
	var axes []int
	for a := 2; a < len(xs[0].Shape()); a++ {
		axes = append(axes, a)
	}
	switch p {
	case 1:
		return n.reduceAxes(op.L1, xs[0], axes, true)
	case 2:
		return n.reduceAxes(op.L2, xs[0], axes, true)
	}
	return n.norm(xs[0], p, func(powers value) (value, error) { return n.reduceAxes(op.Sum, powers, axes, true) })
}
