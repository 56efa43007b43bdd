package importer

import (
	"math"

	"finetune/internal/kernel"
	"finetune/internal/op"
)

func init() { register("Clip", buildClip) }

// buildClip builds ONNX Clip: the bounds are attributes in opset 6 and optional
// inputs from opset 11 on. Integers may be clipped from opset 12 on.
//
// https://onnx.ai/onnx/operators/onnx__Clip.html
func buildClip(n *node) (value, error) {
	if err := n.wantInputs(1, 3); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	if x.kind == integer {
		return n.clipIntegers(x)
	}
	low, err := n.clipBound("min", 1, math.Inf(-1))
	if err != nil {
		return value{}, err
	}
	high, err := n.clipBound("max", 2, math.Inf(1))
	if err != nil {
		return value{}, err
	}
	if x, err = n.x(0); err != nil {
		return value{}, err
	}
	return n.apply(&op.Activate{Activation: kernel.Activation{Kind: kernel.Clip, Alpha: float32(low), Beta: float32(high)}}, x)
}

func (n *node) clipBound(name string, input int, none float64) (float64, error) {
	if n.opset < 11 {
		return n.number(name, float32(none))
	}
	return n.constFloat(input, none)
}

func (n *node) clipIntegers(x value) (value, error) {
	for i, bound := range []op.Operation{op.Max, op.Min} {
		if !n.has(i + 1) {
			continue
		}
		limit, err := n.value(i + 1)
		if err != nil {
			return value{}, err
		}
		if x, err = n.apply(&op.Binary{Operation: bound}, x, limit); err != nil {
			return value{}, err
		}
	}
	return x, nil
}
