package importer

import "finetune/internal/op"

func init() { register("LogSoftmax", buildLogSoftmax) }

// buildLogSoftmax builds ONNX LogSoftmax inside of a model; [Load] takes it from
// its end. From opset 13 on it is along one axis, by default the last. Before,
// the axes from axis on, by default 1, are seen as one.
//
// https://onnx.ai/onnx/operators/onnx__LogSoftmax.html
func buildLogSoftmax(n *node) (value, error) {
	return n.softmax(func(axis int) op.Def { return &op.LogSoftmax{Axis: axis} })
}
