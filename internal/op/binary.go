package op

import "gorgonia.org/tensor"

// Binary is an elementwise operation of two inputs, with multidirectional
// broadcasting. Add and Mul are operators of their own.
//
// https://onnx.ai/onnx/repo-docs/Broadcasting.html
type Binary struct{ Operation }

// An Operation computes one number of two.
type Operation struct {
	Label string // The ONNX name of the operator.
	Value func(a, b float64) float64
	// Slopes returns the derivatives with respect to a and to b; nil if the
	// operation passes no gradient on.
	Slopes func(a, b float64) (da, db float64)
}

var _ Def = (*Binary)(nil)

// Name implements Def.
func (d *Binary) Name() string { return d.Label }

// Infer implements Def.
func (*Binary) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 2); err != nil {
		return nil, err
	}
	return broadcastShapes(in[0], in[1])
}

// Forward implements Def.
func (d *Binary) Forward(y Array, in []Array) {
	a, b := broadcastFrom(y.Shape, in[0].Shape), broadcastFrom(y.Shape, in[1].Shape)
	for j := range y.Data {
		y.Data[j] = d.Value(in[0].Data[a[j]], in[1].Data[b[j]])
	}
}

// Differentiable implements Def.
func (d *Binary) Differentiable(arity int) []bool {
	if d.Slopes == nil {
		return make([]bool, arity)
	}
	return allKnown(arity)
}

// Grad implements Def: dy times the slope, summed over the axes that were
// repeated.
func (d *Binary) Grad(i int, dx Array, in []Array, _, dy Array) {
	a, b := broadcastFrom(dy.Shape, in[0].Shape), broadcastFrom(dy.Shape, in[1].Shape)
	for j, v := range dy.Data {
		da, db := d.Slopes(in[0].Data[a[j]], in[1].Data[b[j]])
		if i == 0 {
			dx.Data[a[j]] += v * da
		} else {
			dx.Data[b[j]] += v * db
		}
	}
}
