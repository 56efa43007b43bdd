package importer

import "finetune/internal/op"

func init() { register("MaxPool", buildMaxPool) }

// buildMaxPool builds ONNX MaxPool in one or two dimensions, opset 1 to 22, with
// dilations, ceil_mode and auto_pad, and without its second output.
//
// https://onnx.ai/onnx/operators/onnx__MaxPool.html
func buildMaxPool(n *node) (value, error) {
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	if err := wantSpatial("x", xs[0]); err != nil {
		return value{}, err
	}
	w, err := n.window(xs[0].Shape(), nil)
	if err != nil {
		return value{}, err
	}
	ceil, err := n.flag("ceil_mode")
	if err != nil {
		return value{}, err
	}
	n.ignore("storage_order") // Of the second output.
	def := &op.MaxPool{Kernel: w.kernel, Strides: w.strides, Dilations: w.dilations, Pads: w.pads, CeilMode: ceil}
	return n.flat(def, xs[0])
}
