package op

import "gorgonia.org/tensor"

// Dropout is ONNX Dropout in training: x·mask elementwise.
//
// Inputs are x and mask, of one shape. The mask is an input of the graph, not
// drawn by the operator, so that both passes of a SAM step and a repeated run
// see the same one: whoever runs the graph fills it with 0, with probability
// Ratio, or else with 1/(1−Ratio). It has no gradient. A graph for evaluation
// has no Dropout.
//
// https://onnx.ai/onnx/operators/onnx__Dropout.html
type Dropout struct{ Ratio float64 } // In [0, 1).

var _ Def = (*Dropout)(nil)

// Name implements Def.
func (*Dropout) Name() string { return "Dropout" }

// Infer implements Def.
func (*Dropout) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 2); err != nil {
		return nil, err
	}
	return in[0], wantShape("mask", in[1], in[0]...)
}

// Forward implements Def.
func (*Dropout) Forward(y Array, in []Array) {
	for j, keep := range in[1].Data {
		y.Data[j] = in[0].Data[j] * keep
	}
}

// Differentiable implements Def.
func (*Dropout) Differentiable(arity int) []bool { return firstKnown(1, arity) }

// Grad implements Def.
func (*Dropout) Grad(_ int, dx Array, in []Array, _, dy Array) {
	for j, keep := range in[1].Data {
		dx.Data[j] = dy.Data[j] * keep
	}
}
