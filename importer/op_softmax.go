package importer

import "finetune/internal/op"

func init() { register("Softmax", buildSoftmax) }

// buildSoftmax builds ONNX Softmax inside of a model; [Load] takes it from its
// end. From opset 13 on it is along one axis, by default the last. Before, the
// axes from axis on, by default 1, are seen as one.
//
// https://onnx.ai/onnx/operators/onnx__Softmax.html
func buildSoftmax(n *node) (value, error) {
	return n.softmax(func(axis int) op.Def { return &op.Softmax{Axis: axis} })
}

// softmax builds Softmax or LogSoftmax.
func (n *node) softmax(along func(axis int) op.Def) (value, error) {
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	shape := xs[0].Shape()
	fallback := -1
	if n.opset < 13 {
		fallback = 1
	}
	at, err := n.intAttr("axis", fallback)
	if err != nil {
		return value{}, err
	}
	if at, err = axis(at, len(shape)); err != nil {
		return value{}, err
	}
	if n.opset >= 13 || at == len(shape)-1 {
		return n.apply(along(at), xs...)
	}
	rows, err := n.reshape(xs[0], []int{product(shape[:at]), product(shape[at:])})
	if err != nil {
		return rows, err
	}
	y, err := n.apply(along(1), rows)
	if err != nil {
		return y, err
	}
	return n.reshape(y, shape)
}
