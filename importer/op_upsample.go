package importer

import (
	"fmt"

	"finetune/internal/op"
)

func init() { register("Upsample", buildUpsample) }

// buildUpsample builds ONNX Upsample, opset 7 to 9: Resize, asymmetric, in the
// modes nearest and linear. The scales are an attribute in opset 7 and a
// constant input from opset 9 on.
//
// https://onnx.ai/onnx/operators/onnx__Upsample.html
func buildUpsample(n *node) (value, error) {
	if err := n.wantInputs(1, 2); err != nil {
		return value{}, err
	}
	x, err := n.x(0)
	if err != nil {
		return value{}, err
	}
	scales, err := n.upsampleScales()
	if err != nil {
		return value{}, err
	}
	s := sampling{transform: "asymmetric", nearest: "floor"}
	if s.mode, err = attr(n, "mode", "nearest"); err != nil {
		return value{}, err
	}
	lines := make([]line, len(x.Shape()))
	for i, size := range x.Shape() {
		lines[i].from = size
	}
	if err := scaled(lines, scales); err != nil {
		return value{}, err
	}
	for i, l := range lines {
		if l.unchanged() {
			continue
		}
		if err := n.spend(l.cost()); err != nil {
			return value{}, err
		}
		taps, err := s.taps(l)
		if err != nil {
			return value{}, err
		}
		if x, err = n.apply(&op.Resample{Axis: i, Taps: taps}, x); err != nil {
			return value{}, err
		}
	}
	return x, nil
}

func (n *node) upsampleScales() ([]float64, error) {
	if n.opset < 9 {
		scales, err := attr(n, "scales", []float32(nil))
		return float64s(scales), err
	}
	if !n.has(1) {
		return nil, fmt.Errorf("input 1, scales, is missing")
	}
	return n.constFloats(1)
}
