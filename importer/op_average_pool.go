package importer

import "finetune/internal/op"

func init() { register("AveragePool", buildAveragePool) }

// buildAveragePool builds ONNX AveragePool in one or two dimensions, opset 1 to 22,
// with dilations, ceil_mode, count_include_pad and auto_pad.
//
// https://onnx.ai/onnx/operators/onnx__AveragePool.html
func buildAveragePool(n *node) (value, error) {
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
	include, err := n.flag("count_include_pad")
	if err != nil {
		return value{}, err
	}
	def := &op.AveragePool{
		Kernel: w.kernel, Strides: w.strides, Dilations: w.dilations, Pads: w.pads,
		CeilMode: ceil, CountIncludePad: include,
	}
	return n.flat(def, xs[0])
}
