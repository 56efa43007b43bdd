package importer

import "fmt"

func init() { register("ConstantOfShape", buildConstantOfShape) }

// buildConstantOfShape builds ONNX ConstantOfShape, opset 9 to 24: a constant of
// one number, by default the float 0.
//
// https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html
func buildConstantOfShape(n *node) (value, error) {
	if err := n.wantInputs(1, 1); err != nil {
		return value{}, err
	}
	shape, err := n.constInts(0)
	if err != nil {
		return value{}, err
	}
	for _, d := range shape {
		if d < 0 {
			return value{}, fmt.Errorf("shape %v, want sizes of at least 0", shape)
		}
	}
	size, ok := sizeOf(shape)
	if !ok || size > maxConstant {
		return value{}, fmt.Errorf("a constant of shape %v: %w, want at most %d elements", shape, ErrUnsupported, maxConstant)
	}
	if err := n.spend(size); err != nil {
		return value{}, err
	}
	k, fill := floating, 0.0
	if a := n.source.Attribute("value"); a != nil && a.Tensor != nil {
		k = kindOf(a.Tensor.Type)
		numbers, err := a.Tensor.Numbers()
		if err != nil {
			return value{}, err
		}
		if len(numbers) != 1 {
			return value{}, fmt.Errorf("attribute value has %d numbers, want one", len(numbers))
		}
		fill = numbers[0]
	}
	data := make([]float64, size)
	for i := range data {
		data[i] = fill
	}
	return newConstant(k, shape, data...), nil
}
