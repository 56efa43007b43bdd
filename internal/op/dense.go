package op

import (
	"fmt"

	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// Dense is a linear layer, x·w + bias: ONNX Gemm with alpha = beta = 1, and
// MatMul.
//
// Inputs are x [N,F], w [F,O] or, with TransposeWeight, [O,F], and, optionally,
// bias [O]; the output is [N,O].
//
// https://onnx.ai/onnx/operators/onnx__Gemm.html
type Dense struct{ TransposeWeight bool }

var _ Def = (*Dense)(nil)

// Name implements Def.
func (*Dense) Name() string { return "Gemm" }

// Infer implements Def.
func (d *Dense) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 3); err != nil {
		return nil, err
	}
	x, w := in[0], in[1]
	if err := wantRank("x", x, 2, "[N,F]"); err != nil {
		return nil, err
	}
	layout := "[F,O]"
	if d.TransposeWeight {
		layout = "[O,F]"
	}
	if err := wantRank("w", w, 2, layout); err != nil {
		return nil, err
	}
	features, outputs := d.sizes(w)
	if x[1] != features {
		return nil, fmt.Errorf("x has shape %v, want [N,%d] for w %s of shape %v", x, features, layout, w)
	}
	if len(in) == 3 {
		if err := wantShape("bias", in[2], outputs); err != nil {
			return nil, err
		}
	}
	return tensor.Shape{x[0], outputs}, nil
}

func (d *Dense) sizes(w []int) (features, outputs int) {
	if d.TransposeWeight {
		return w[1], w[0]
	}
	return w[0], w[1]
}

// Forward implements Def.
func (d *Dense) Forward(y Array, in []Array) {
	var bias []float64
	if len(in) == 3 {
		bias = in[2].Data
	}
	features, outputs := d.sizes(in[1].Shape)
	naive.MatMul(y.Data, in[0].Data, in[1].Data, bias, y.Shape[0], outputs, features, false, d.TransposeWeight)
}

// Differentiable implements Def.
func (*Dense) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *Dense) Grad(i int, dx Array, in []Array, _, dy Array) {
	features, outputs := d.sizes(in[1].Shape)
	rows := dy.Shape[0]
	switch {
	case i == 0:
		naive.MatMul(dx.Data, dy.Data, in[1].Data, nil, rows, features, outputs, false, !d.TransposeWeight)
	case i == 1 && d.TransposeWeight:
		naive.MatMul(dx.Data, dy.Data, in[0].Data, nil, outputs, features, rows, true, false)
	case i == 1:
		naive.MatMul(dx.Data, in[0].Data, dy.Data, nil, features, outputs, rows, true, false)
	case i == 2:
		for j, v := range dy.Data {
			dx.Data[j%outputs] += v
		}
	}
}
