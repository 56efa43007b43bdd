package op

import (
	"math"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// Activate is an elementwise function: ONNX Relu, Clip, LeakyRelu, Sigmoid and
// HardSwish.
type Activate struct{ Activation kernel.Activation }

var _ Def = (*Activate)(nil)

// Relu is ONNX Relu: max(x, 0).
func Relu() *Activate {
	return &Activate{kernel.Activation{Kind: kernel.Clip, Beta: float32(math.Inf(1))}}
}

// Name implements Def.
func (d *Activate) Name() string {
	if d.Activation == Relu().Activation {
		return "Relu"
	}
	return d.Activation.Kind.String()
}

// Infer implements Def.
func (*Activate) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	return in[0], nil
}

// Forward implements Def.
func (d *Activate) Forward(y Array, in []Array) { naive.Activate(y.Data, in[0].Data, d.Activation) }

// Differentiable implements Def.
func (*Activate) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *Activate) Grad(_ int, dx Array, in []Array, _, dy Array) {
	naive.ActivateGrad(dx.Data, dy.Data, in[0].Data, d.Activation)
}
