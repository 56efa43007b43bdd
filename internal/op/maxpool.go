package op

import (
	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// MaxPool is ONNX MaxPool in two dimensions, without its second output.
//
// x has shape [N,C,H,W], the output [N,C,OutH,OutW]. Padding never wins; of
// equal maxima the first in row-major order gets the gradient.
//
// https://onnx.ai/onnx/operators/onnx__MaxPool.html
type MaxPool struct {
	Kernel, Strides, Dilations [2]int // Vertical, horizontal; at least 1.
	Pads                       [4]int // Top, left, bottom, right.
	CeilMode                   bool
}

var _ Def = (*MaxPool)(nil)

// Name implements Def.
func (*MaxPool) Name() string { return "MaxPool" }

// Geometry returns the geometry of the kernel for an input of shape x, which
// Infer must have accepted.
func (d *MaxPool) Geometry(x tensor.Shape) kernel.Pool { return d.window().geometry(x) }

func (d *MaxPool) window() window {
	return window{kernel: d.Kernel, strides: d.Strides, dilations: d.Dilations, pads: d.Pads, ceil: d.CeilMode}
}

// Infer implements Def.
func (d *MaxPool) Infer(in []tensor.Shape) (tensor.Shape, error) { return d.window().inferPool(in) }

// Forward implements Def.
func (d *MaxPool) Forward(y Array, in []Array) {
	naive.MaxPool(y.Data, make([]int, len(y.Data)), in[0].Data, d.Geometry(in[0].Shape))
}

// Differentiable implements Def.
func (*MaxPool) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *MaxPool) Grad(_ int, dx Array, in []Array, y, dy Array) {
	g := d.Geometry(in[0].Shape)
	argmax := make([]int, len(y.Data))
	naive.MaxPool(make([]float64, len(y.Data)), argmax, in[0].Data, g)
	naive.MaxPoolGrad(dx.Data, dy.Data, argmax, g)
}
