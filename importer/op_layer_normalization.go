package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("LayerNormalization", buildLayerNormalization) }

// buildLayerNormalization builds ONNX LayerNormalization, opset 17, without its
// outputs Mean and InvStdDev: over the axes from axis on, by default the last.
//
// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
func buildLayerNormalization(n *node) (value, error) {
	xs, err := n.xs(2, 3)
	if err != nil {
		return value{}, err
	}
	at, err := n.axisAttr(-1, len(xs[0].Shape()))
	if err != nil {
		return value{}, err
	}
	epsilon, err := n.number("epsilon", 1e-5)
	if err != nil {
		return value{}, err
	}
	if err := n.wantAttr("stash_type", 1); err != nil {
		return value{}, err
	}
	def := &op.LayerNorm{Axis: at, Epsilon: epsilon}
	normalized := xs[0].Shape()[at:]
	if slices.Equal(xs[1].Shape(), normalized) && (len(xs) == 2 || slices.Equal(xs[2].Shape(), normalized)) {
		return n.apply(def, xs...)
	}
	y, err := n.apply(def, xs[0])
	if err != nil {
		return y, err
	}
	return n.affine(y, xs[1:])
}

// affine returns x times the first of the values plus the second, if there is
// one; they broadcast to x. A constant of zeros is not added.
func (n *node) affine(x value, scaleBias []value) (value, error) {
	y, err := n.times(x, scaleBias[0])
	if err != nil {
		return y, err
	}
	if len(scaleBias) > 1 && !isZero(scaleBias[1]) {
		if y, err = n.add(y, scaleBias[1]); err != nil {
			return y, err
		}
	}
	if !slices.Equal(y.Shape(), x.Shape()) {
		return y, fmt.Errorf("scale has shape %v, which does not broadcast to %v", scaleBias[0].Shape(), x.Shape())
	}
	return y, nil
}

// isZero reports whether v is a constant of zeros.
func isZero(v value) bool {
	if v.constant == nil {
		return false
	}
	values, err := v.constant.values()
	return err == nil && !slices.ContainsFunc(values, func(x float64) bool { return x != 0 })
}
