package op

import "gorgonia.org/tensor"

// Where is ONNX Where: a where the condition is not 0, else b, with
// multidirectional broadcasting of the inputs condition, a and b.
//
// https://onnx.ai/onnx/operators/onnx__Where.html
type Where struct{}

var _ Def = (*Where)(nil)

// Name implements Def.
func (*Where) Name() string { return "Where" }

// Infer implements Def.
func (*Where) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 3, 3); err != nil {
		return nil, err
	}
	out, err := broadcastShapes(in[0], in[1])
	if err != nil {
		return nil, err
	}
	return broadcastShapes(out, in[2])
}

// Forward implements Def.
func (*Where) Forward(y Array, in []Array) {
	condition := broadcastFrom(y.Shape, in[0].Shape)
	a, b := broadcastFrom(y.Shape, in[1].Shape), broadcastFrom(y.Shape, in[2].Shape)
	for j := range y.Data {
		if in[0].Data[condition[j]] != 0 {
			y.Data[j] = in[1].Data[a[j]]
		} else {
			y.Data[j] = in[2].Data[b[j]]
		}
	}
}

// Differentiable implements Def: the condition has no gradient.
func (*Where) Differentiable(int) []bool { return []bool{false, true, true} }

// Grad implements Def: dy where the input was taken, summed over the axes that
// were repeated.
func (*Where) Grad(i int, dx Array, in []Array, _, dy Array) {
	condition, from := broadcastFrom(dy.Shape, in[0].Shape), broadcastFrom(dy.Shape, in[i].Shape)
	for j, v := range dy.Data {
		if (in[0].Data[condition[j]] != 0) == (i == 1) {
			dx.Data[from[j]] += v
		}
	}
}
