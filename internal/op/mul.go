package op

import "gorgonia.org/tensor"

// Mul is ONNX Mul: a·b elementwise, with multidirectional broadcasting.
//
// https://onnx.ai/onnx/operators/onnx__Mul.html
type Mul struct{}

var _ Def = (*Mul)(nil)

// Name implements Def.
func (*Mul) Name() string { return "Mul" }

// Infer implements Def.
func (*Mul) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 2); err != nil {
		return nil, err
	}
	return broadcastShapes(in[0], in[1])
}

// Forward implements Def.
func (*Mul) Forward(y Array, in []Array) {
	a, b := broadcastFrom(y.Shape, in[0].Shape), broadcastFrom(y.Shape, in[1].Shape)
	for j := range y.Data {
		y.Data[j] = in[0].Data[a[j]] * in[1].Data[b[j]]
	}
}

// Differentiable implements Def.
func (*Mul) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def: dy times the other factor, summed over the axes that
// were repeated.
func (*Mul) Grad(i int, dx Array, in []Array, _, dy Array) {
	other := in[1-i]
	from, otherFrom := broadcastFrom(dy.Shape, in[i].Shape), broadcastFrom(dy.Shape, other.Shape)
	for j, v := range dy.Data {
		dx.Data[from[j]] += v * other.Data[otherFrom[j]]
	}
}
