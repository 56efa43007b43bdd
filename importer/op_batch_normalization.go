package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("BatchNormalization", buildBatchNormalization) }

// buildBatchNormalization builds ONNX BatchNormalization, opset 7 to 15. The
// mode of the graph says which statistics normalize; the attribute
// training_mode does not. Statistics that nodes compute are those that normalize
// in every mode, and have a gradient.
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
	training, err := n.flag("training_mode") // Not of a model that was loaded.
	if err != nil {
		return value{}, err
	}
	n.ignore("is_test")
	if !training && (n.builder.model.graph.makers[n.source] || !n.given(3, xs[3]) || !n.given(4, xs[4])) {
		return n.normalizedBy(xs, float64(epsilon))
	}
	def := &op.BatchNorm{
		Epsilon:  float64(epsilon),
		Training: n.builder.options.Mode == TrainBatch,
		Momentum: 1 - float64(momentum),
	}
	return n.apply(def, xs...)
}

// given reports whether v, input i, is constant or one of the running statistics.
func (n *node) given(i int, v value) bool {
	m := n.builder.model
	_, running := m.stats[m.graph.resolve(n.inputs[i])]
	return running || v.constant != nil
}

// normalizedBy returns (x − mean)·(gamma/√(variance + epsilon)) + beta, per
// channel, of x, gamma, beta, mean and variance.
func (n *node) normalizedBy(xs []value, epsilon float64) (value, error) {
	shape := xs[0].Shape()
	if len(shape) < 2 {
		return value{}, fmt.Errorf("x has shape %v, want rank 2 or more [N,C,...]", shape)
	}
	perChannel := append([]int{shape[1]}, slices.Repeat([]int{1}, len(shape)-2)...)
	for i, name := range []string{"scale", "bias", "mean", "variance"} {
		if got := xs[1+i].Shape(); len(got) != 1 || got[0] != shape[1] {
			return value{}, fmt.Errorf("%s has shape %v, want (%d)", name, got, shape[1])
		}
	}
	square, err := n.add(xs[4], number(epsilon))
	if err != nil {
		return square, err
	}
	deviation, err := n.apply(&op.Map{Function: op.Sqrt}, square)
	if err != nil {
		return deviation, err
	}
	scale, err := n.apply(&op.Binary{Operation: op.Div}, xs[1], deviation)
	if err != nil {
		return scale, err
	}
	mean, err := n.reshape(xs[3], perChannel)
	if err != nil {
		return mean, err
	}
	centered, err := n.apply(&op.Binary{Operation: op.Sub}, xs[0], mean)
	if err != nil {
		return centered, err
	}
	affine := []value{scale, xs[2]}
	for i := range affine {
		if affine[i], err = n.reshape(affine[i], perChannel); err != nil {
			return affine[i], err
		}
	}
	return n.affine(centered, affine)
}
