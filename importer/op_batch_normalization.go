package importer

import "finetune/internal/op"

func init() { register("BatchNormalization", buildBatchNormalization) }

// buildBatchNormalization builds ONNX BatchNormalization, opset 7 to 15. The
// mode of the graph says which statistics normalize; the attribute
// training_mode does not.
//
// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
func buildBatchNormalization(n *node) (value, error) {
	xs, err := n.xs(5, 5)
	if err != nil {
		return value{}, err
	}
	epsilon, err := attr(n, "epsilon", float32(1e-5))
	if err != nil {
		return value{}, err
	}
	momentum, err := attr(n, "momentum", float32(0.9))
	if err != nil {
		return value{}, err
	}
	if err := n.wantAttr("spatial", 1); err != nil { // Up to opset 8.
		return value{}, err
	}
	n.ignore("training_mode", "is_test")
	def := &op.BatchNorm{
		Epsilon:  float64(epsilon),
		Training: n.builder.options.Mode == TrainBatch,
		Momentum: 1 - float64(momentum),
	}
	return n.apply(def, xs...)
}
