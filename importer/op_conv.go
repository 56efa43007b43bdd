package importer

import "finetune/internal/op"

func init() { register("Conv", buildConv) }

// buildConv builds ONNX Conv in one or two dimensions, opset 1 to 22: with groups,
// dilations, asymmetric pads and auto_pad.
//
// https://onnx.ai/onnx/operators/onnx__Conv.html
func buildConv(n *node) (value, error) {
	xs, err := n.xs(2, 3)
	if err != nil {
		return value{}, err
	}
	if err := wantSpatial("x", xs[0]); err != nil {
		return value{}, err
	}
	if err := wantRank("w", xs[1], len(xs[0].Shape())); err != nil {
		return value{}, err
	}
	w, err := n.window(xs[0].Shape(), xs[1].Shape()[2:])
	if err != nil {
		return value{}, err
	}
	groups, err := n.intAttr("group", 1)
	if err != nil {
		return value{}, err
	}
	def := &op.Conv{Strides: w.strides, Dilations: w.dilations, Pads: w.pads, Groups: groups}
	return n.flat(def, xs[0], xs[1:]...)
}
