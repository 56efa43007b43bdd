package op

import (
	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// GlobalAveragePool is ONNX GlobalAveragePool in two dimensions: the mean over
// H and W, from [N,C,H,W] to [N,C,1,1].
//
// https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html
type GlobalAveragePool struct{}

var _ Def = (*GlobalAveragePool)(nil)

// Name implements Def.
func (*GlobalAveragePool) Name() string { return "GlobalAveragePool" }

// Geometry returns the geometry of the kernel for an input of shape x: one
// window of H by W.
func (*GlobalAveragePool) Geometry(x tensor.Shape) kernel.Pool {
	v := window{kernel: [2]int{x[2], x[3]}, strides: [2]int{1, 1}, dilations: [2]int{1, 1}}
	return v.geometry(x)
}

// Infer implements Def.
func (*GlobalAveragePool) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	if err := wantRank("x", in[0], 4, "[N,C,H,W]"); err != nil {
		return nil, err
	}
	return tensor.Shape{in[0][0], in[0][1], 1, 1}, nil
}

// Forward implements Def.
func (d *GlobalAveragePool) Forward(y Array, in []Array) {
	naive.AveragePool(y.Data, in[0].Data, d.Geometry(in[0].Shape))
}

// Differentiable implements Def.
func (*GlobalAveragePool) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *GlobalAveragePool) Grad(_ int, dx Array, in []Array, _, dy Array) {
	naive.AveragePoolGrad(dx.Data, dy.Data, d.Geometry(in[0].Shape))
}
