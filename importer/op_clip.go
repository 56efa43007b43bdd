package importer

import (
	"math"

	"finetune/internal/kernel"
	"finetune/internal/op"
)

func init() { register("Clip", buildClip) }

// buildClip builds ONNX Clip: the bounds are attributes in opset 6 and optional
// constant inputs from opset 11 on.
//
// https://onnx.ai/onnx/operators/onnx__Clip.html
func buildClip(n *node) (value, error) {
	if err := n.wantInputs(1, 3); err != nil {
		return value{}, err
	}
	low, err := n.clipBound("min", 1, math.Inf(-1))
	if err != nil {
		return value{}, err
	}
	high, err := n.clipBound("max", 2, math.Inf(1))
	if err != nil {
		return value{}, err
	}
	x, err := n.x(0)
	if err != nil {
		return value{}, err
	}
	return n.apply(&op.Activate{Activation: kernel.Activation{Kind: kernel.Clip, Alpha: low, Beta: high}}, x)
}

func (n *node) clipBound(name string, input int, none float64) (float32, error) {
	if n.opset < 11 {
		return attr(n, name, float32(none))
	}
	return n.constFloat(input, float32(none))
}
