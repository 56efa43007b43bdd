package op

import (
	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// AveragePool is ONNX AveragePool in two dimensions.
//
// x has shape [N,C,H,W], the output [N,C,OutH,OutW]. The divisor is the number
// of elements of the input in the window; with CountIncludePad the declared
// padding counts too, but not what ceil_mode reaches beyond it.
//
// https://onnx.ai/onnx/operators/onnx__AveragePool.html
type AveragePool struct {
	Kernel, Strides, Dilations [2]int // Vertical, horizontal; at least 1.
	Pads                       [4]int // Top, left, bottom, right.
	CeilMode                   bool
	CountIncludePad            bool
}

var _ Def = (*AveragePool)(nil)

// Name implements Def.
func (*AveragePool) Name() string { return "AveragePool" }

// Geometry returns the geometry of the kernel for an input of shape x, which
// Infer must have accepted.
func (d *AveragePool) Geometry(x tensor.Shape) kernel.Pool {
	g := d.window().geometry(x)
	g.CountIncludePad = d.CountIncludePad
	return g
}

func (d *AveragePool) window() window {
	return window{kernel: d.Kernel, strides: d.Strides, dilations: d.Dilations, pads: d.Pads, ceil: d.CeilMode}
}

// Infer implements Def.
func (d *AveragePool) Infer(in []tensor.Shape) (tensor.Shape, error) { return d.window().inferPool(in) }

// Forward implements Def.
func (d *AveragePool) Forward(y Array, in []Array) {
	naive.AveragePool(y.Data, in[0].Data, d.Geometry(in[0].Shape))
}

// Differentiable implements Def.
func (*AveragePool) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *AveragePool) Grad(_ int, dx Array, in []Array, _, dy Array) {
	naive.AveragePoolGrad(dx.Data, dy.Data, d.Geometry(in[0].Shape))
}
