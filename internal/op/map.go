package op

import "gorgonia.org/tensor"

// Map is an elementwise function of one input.
type Map struct{ Function }

// A Function is a function of one number.
type Function struct {
	Label string // The ONNX name of the operator.
	Value func(x float64) float64
	Slope func(x, y float64) float64 // The derivative at x, where the value is y; nil if nothing passes a gradient on.
}

var _ Def = (*Map)(nil)

// Name implements Def.
func (d *Map) Name() string { return d.Label }

// Infer implements Def.
func (*Map) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	return in[0], nil
}

// Forward implements Def.
func (d *Map) Forward(y Array, in []Array) {
	for j, x := range in[0].Data {
		y.Data[j] = d.Value(x)
	}
}

// Differentiable implements Def.
func (d *Map) Differentiable(int) []bool { return []bool{d.Slope != nil} }

// Grad implements Def.
func (d *Map) Grad(_ int, dx Array, in []Array, y, dy Array) {
	for j, x := range in[0].Data {
		dx.Data[j] = dy.Data[j] * d.Slope(x, y.Data[j])
	}
}
