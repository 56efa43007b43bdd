package importer

import "finetune/internal/op"

func init() { register("GlobalMaxPool", buildGlobalMaxPool) }

// buildGlobalMaxPool builds ONNX GlobalMaxPool, opset 1 to 22: the largest
// element of each channel, as pooling with a window of H by W.
//
// https://onnx.ai/onnx/operators/onnx__GlobalMaxPool.html
func buildGlobalMaxPool(n *node) (value, error) {
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	if err := wantSpatial("x", xs[0]); err != nil {
		return value{}, err
	}
	one := [2]int{1, 1}
	return n.flat(&op.MaxPool{Kernel: lift(xs[0].Shape()[2:], 1), Strides: one, Dilations: one}, xs[0])
}
