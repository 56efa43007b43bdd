package op

import (
	"fmt"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// Conv is ONNX Conv in two dimensions: cross-correlation with groups.
//
// Inputs are x [N,C,H,W], w [O,C/Groups,KH,KW] and, optionally, bias [O]; the
// output is [N,O,OutH,OutW].
//
// https://onnx.ai/onnx/operators/onnx__Conv.html
type Conv struct {
	Strides, Dilations [2]int // Vertical, horizontal; at least 1.
	Pads               [4]int // Top, left, bottom, right.
	Groups             int    // At least 1.
}

var _ Def = (*Conv)(nil)

// Name implements Def.
func (*Conv) Name() string { return "Conv" }

// Geometry returns the geometry of the kernel for inputs of the given shapes,
// which Infer must have accepted.
func (d *Conv) Geometry(x, w tensor.Shape) kernel.Conv {
	outH, outW := d.window(w).output(x)
	return kernel.Conv{
		N: x[0], H: x[2], W: x[3], C: x[1],
		OutH: outH, OutW: outW, OutC: w[0],
		KernelH: w[2], KernelW: w[3],
		StrideH: d.Strides[0], StrideW: d.Strides[1],
		DilationH: d.Dilations[0], DilationW: d.Dilations[1],
		PadTop: d.Pads[0], PadLeft: d.Pads[1],
		Groups: d.Groups,
	}
}

func (d *Conv) window(w tensor.Shape) window {
	return window{kernel: [2]int{w[2], w[3]}, strides: d.Strides, dilations: d.Dilations, pads: d.Pads}
}

// Infer implements Def.
func (d *Conv) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 3); err != nil {
		return nil, err
	}
	x, w := in[0], in[1]
	if err := wantRank("x", x, 4, "[N,C,H,W]"); err != nil {
		return nil, err
	}
	if err := wantRank("w", w, 4, "[O,C/groups,KH,KW]"); err != nil {
		return nil, err
	}
	if d.Groups < 1 || x[1] != w[1]*d.Groups || w[0]%d.Groups != 0 {
		return nil, fmt.Errorf("x has shape %v and w %v, want %d groups of channels", x, w, d.Groups)
	}
	if len(in) == 3 {
		if err := wantShape("bias", in[2], w[0]); err != nil {
			return nil, err
		}
	}
	return d.window(w).infer(x, w[0])
}

// Forward implements Def.
func (d *Conv) Forward(y Array, in []Array) {
	var bias []float64
	if len(in) == 3 {
		bias = in[2].Data
	}
	naive.Conv(y.Data, in[0].Data, in[1].Data, bias, d.Geometry(in[0].Shape, in[1].Shape))
}

// Differentiable implements Def.
func (*Conv) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *Conv) Grad(i int, dx Array, in []Array, _, dy Array) {
	g := d.Geometry(in[0].Shape, in[1].Shape)
	switch i {
	case 0:
		naive.ConvGradInput(dx.Data, dy.Data, in[1].Data, g)
	case 1:
		naive.ConvGradWeights(dx.Data, in[0].Data, dy.Data, g)
	case 2:
		for j, v := range dy.Data {
			dx.Data[j/(g.OutH*g.OutW)%g.OutC] += v
		}
	}
}
