package op

import (
	"fmt"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"

	"gorgonia.org/tensor"
)

// ConvTranspose is ONNX ConvTranspose in two dimensions: the gradient of a
// convolution with respect to its input, as a layer.
//
// Inputs are x [N,C,H,W], w [C,O/Groups,KH,KW] and, optionally, bias [O]; the
// output is [N,O,OutH,OutW].
//
// https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
type ConvTranspose struct {
	Strides, Dilations [2]int // Vertical, horizontal; at least 1.
	Pads               [4]int // Top, left, bottom, right: what is cut off.
	OutputPads         [2]int // Added at the bottom and the right.
	Groups             int    // At least 1.
}

var _ Def = (*ConvTranspose)(nil)

// Name implements Def.
func (*ConvTranspose) Name() string { return "ConvTranspose" }

// Geometry returns the geometry of the convolution that leads back from the
// output to x, for inputs of the given shapes, which Infer must have accepted.
func (d *ConvTranspose) Geometry(x, w tensor.Shape) kernel.Conv {
	out := d.output(x, w)
	return kernel.Conv{
		N: x[0], H: out[0], W: out[1], C: w[1] * d.Groups,
		OutH: x[2], OutW: x[3], OutC: x[1],
		KernelH: w[2], KernelW: w[3],
		StrideH: d.Strides[0], StrideW: d.Strides[1],
		DilationH: d.Dilations[0], DilationW: d.Dilations[1],
		PadTop: d.Pads[0], PadLeft: d.Pads[1],
		Groups: d.Groups,
	}
}

func (d *ConvTranspose) output(x, w tensor.Shape) (out [2]int) {
	for i := range out {
		out[i] = (x[2+i]-1)*d.Strides[i] + (w[2+i]-1)*d.Dilations[i] + 1 + d.OutputPads[i] - d.Pads[i] - d.Pads[2+i]
	}
	return out
}

// Infer implements Def.
func (d *ConvTranspose) Infer(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 2, 3); err != nil {
		return nil, err
	}
	x, w := in[0], in[1]
	if err := wantRank("x", x, 4, "[N,C,H,W]"); err != nil {
		return nil, err
	}
	if err := wantRank("w", w, 4, "[C,O/groups,KH,KW]"); err != nil {
		return nil, err
	}
	if d.Groups < 1 || x[1] != w[0] || w[0]%d.Groups != 0 {
		return nil, fmt.Errorf("x has shape %v and w %v, want %d groups of channels", x, w, d.Groups)
	}
	if err := (window{kernel: [2]int{w[2], w[3]}, strides: d.Strides, dilations: d.Dilations, pads: d.Pads}).check(); err != nil {
		return nil, err
	}
	if err := wantAttributes("output_padding", 0, d.OutputPads[:]...); err != nil {
		return nil, err
	}
	if len(in) == 3 {
		if err := wantShape("bias", in[2], w[1]*d.Groups); err != nil {
			return nil, err
		}
	}
	out := d.output(x, w)
	if out[0] < 1 || out[1] < 1 {
		return nil, fmt.Errorf("x has shape %v and w %v: pads %v cut off all of the output", x, w, d.Pads)
	}
	return tensor.Shape{x[0], w[1] * d.Groups, out[0], out[1]}, nil
}

// Forward implements Def.
func (d *ConvTranspose) Forward(y Array, in []Array) {
	g := d.Geometry(in[0].Shape, in[1].Shape)
	naive.ConvGradInput(y.Data, in[0].Data, in[1].Data, g)
	if len(in) == 3 {
		for j := range y.Data {
			y.Data[j] += in[2].Data[j/(g.H*g.W)%g.C]
		}
	}
}

// Differentiable implements Def.
func (*ConvTranspose) Differentiable(arity int) []bool { return allKnown(arity) }

// Grad implements Def.
func (d *ConvTranspose) Grad(i int, dx Array, in []Array, _, dy Array) {
	g := d.Geometry(in[0].Shape, in[1].Shape)
	switch i {
	case 0:
		naive.Conv(dx.Data, dy.Data, in[1].Data, nil, g)
	case 1:
		naive.ConvGradWeights(dx.Data, dy.Data, in[0].Data, g)
	case 2:
		for j, v := range dy.Data {
			dx.Data[j/(g.H*g.W)%g.C] += v
		}
	}
}
