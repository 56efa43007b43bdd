package op

import (
	"fmt"

	"finetune/internal/kernel"

	"gorgonia.org/tensor"
)

// A window slides over the last two axes of [N,C,H,W].
type window struct {
	kernel, strides, dilations [2]int // Vertical, horizontal.
	pads                       [4]int // Top, left, bottom, right.
	ceil                       bool   // ONNX ceil_mode.
}

// check looks at the attributes alone.
func (v window) check() error {
	if err := wantAttributes("kernel", 1, v.kernel[:]...); err != nil {
		return err
	}
	if err := wantAttributes("strides", 1, v.strides[:]...); err != nil {
		return err
	}
	if err := wantAttributes("dilations", 1, v.dilations[:]...); err != nil {
		return err
	}
	return wantAttributes("pads", 0, v.pads[:]...)
}

// output returns the number of windows down and across an input of shape x.
//
// With ceil_mode the last window may reach past the padding, if it starts in
// the input or in the padding before it (ONNX opset 19, and PyTorch always).
func (v window) output(x tensor.Shape) (outH, outW int) {
	var out [2]int
	for i := range out {
		padded := x[2+i] + v.pads[i] + v.pads[2+i]
		room := padded - v.dilations[i]*(v.kernel[i]-1) - 1
		if room < 0 {
			continue
		}
		out[i] = room/v.strides[i] + 1
		if v.ceil && room%v.strides[i] != 0 && out[i]*v.strides[i] < x[2+i]+v.pads[i] {
			out[i]++
		}
	}
	return out[0], out[1]
}

// infer returns the shape of [N, channels, outH, outW].
func (v window) infer(x tensor.Shape, channels int) (tensor.Shape, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	outH, outW := v.output(x)
	if outH < 1 || outW < 1 {
		return nil, fmt.Errorf("x has shape %v: kernel %v with dilations %v does not fit into it with pads %v", x, v.kernel, v.dilations, v.pads)
	}
	return tensor.Shape{x[0], channels, outH, outW}, nil
}

// inferPool is infer for pooling, which has no value for a window that lies in
// the padding alone.
func (v window) inferPool(in []tensor.Shape) (tensor.Shape, error) {
	if err := wantInputs(in, 1, 1); err != nil {
		return nil, err
	}
	x := in[0]
	if err := wantRank("x", x, 4, "[N,C,H,W]"); err != nil {
		return nil, err
	}
	y, err := v.infer(x, x[1])
	if err != nil {
		return nil, err
	}
	for i := range 2 {
		for o := range y[2+i] {
			if !v.touches(i, o, x[2+i]) {
				return nil, fmt.Errorf("x has shape %v: window %d along axis %d has only padding (kernel %v, strides %v, dilations %v, pads %v)",
					x, o, 2+i, v.kernel, v.strides, v.dilations, v.pads)
			}
		}
	}
	return y, nil
}

// touches reports whether window o along an axis of the given size has a tap
// in the input.
func (v window) touches(axis, o, size int) bool {
	at, skipped := o*v.strides[axis]-v.pads[axis], 0
	if at < 0 {
		skipped = (-at + v.dilations[axis] - 1) / v.dilations[axis]
		at += skipped * v.dilations[axis]
	}
	return skipped < v.kernel[axis] && at < size
}

func (v window) geometry(x tensor.Shape) kernel.Pool {
	outH, outW := v.output(x)
	return kernel.Pool{
		N: x[0], H: x[2], W: x[3], C: x[1],
		OutH: outH, OutW: outW,
		KernelH: v.kernel[0], KernelW: v.kernel[1],
		StrideH: v.strides[0], StrideW: v.strides[1],
		DilationH: v.dilations[0], DilationW: v.dilations[1],
		PadTop: v.pads[0], PadLeft: v.pads[1],
		PadBottom: v.pads[2], PadRight: v.pads[3],
	}
}
