package op

import "gorgonia.org/tensor"

// Add is ONNX Add: a + b, with multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Add.html
type Add struct{}

var _ Def = (*Add)(nil)

// Name implements Def.
func (*Add) Name() string { return "Add" }

// Infer implements Def.
func (*Add) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 2); err != nil {
		return nil, err
	}
	return broadcastShapes(in[0], in[1])
}

// Forward implements Def.
func (*Add) Forward(y Array, in []Array) {
	for _, x := range in {
		for j, from := range broadcastFrom(y.Shape, x.Shape) {
			y.Data[j] += x.Data[from]
		}
	}
}

// Differentiable implements Def.
func (*Add) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def: dy, summed over the axes that were repeated.
func (*Add) Grad(i int, dx Array, in []Array, _, dy Array) {
	for j, from := range broadcastFrom(dy.Shape, in[i].Shape) {
		dx.Data[from] += dy.Data[j]
	}
}
