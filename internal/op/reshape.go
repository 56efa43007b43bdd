package op

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Reshape is ONNX Reshape, Flatten, Squeeze and Unsqueeze: the same elements in
// row-major (NCHW) order under another shape.
//
// https://onnx.ai/onnx/operators/onnx__Reshape.html
type Reshape struct{ To []int } // The whole shape of the output, without 0 and -1.

var _ Def = (*Reshape)(nil)

// Name implements Def.
func (*Reshape) Name() string { return "Reshape" }

// Infer implements Def.
func (d *Reshape) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	to := tensor.Shape(d.To)
	rest := in[0].TotalSize()
	for _, size := range to {
		if size < 1 || rest%size != 0 {
			return nil, d.errSize(in[0])
		}
		rest /= size
	}
	if rest != 1 {
		return nil, d.errSize(in[0])
	}
	return to, nil
}

func (d *Reshape) errSize(x tensor.Shape) error {
	return fmt.Errorf("x has shape %v of %d elements, want as many for shape %v", x, x.TotalSize(), tensor.Shape(d.To))
}

// Forward implements Def.
func (*Reshape) Forward(y Array, in []Array) { copy(y.Data, in[0].Data) }

// Differentiable implements Def.
func (*Reshape) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (*Reshape) Grad(_ int, dx Array, _ []Array, _, dy Array) { copy(dx.Data, dy.Data) }
