//go:build linux && amd64 && !static

package onednn

import (
	"fmt"

	"finetune/internal/kernel"
)

// convShape is a convolution as the library sees it.
type convShape struct {
	src, dst, weights, bias      []int
	srcStrides, dstStrides       []int
	weightStrides                []int
	strides, dilates, padL, padR *dims
}

// shapeOf returns an error for a convolution that the library cannot express.
func shapeOf(g kernel.Conv) (convShape, error) {
	padBottom, padRight := padEnd(g.H, g.OutH, g.KernelH, g.StrideH, g.DilationH, g.PadTop), padEnd(g.W, g.OutW, g.KernelW, g.StrideW, g.DilationW, g.PadLeft)
	if padBottom <= -g.StrideH || padRight <= -g.StrideW {
		return convShape{}, fmt.Errorf("output %d×%d smaller than the input gives", g.OutH, g.OutW)
	}
	inC, outC := g.C/g.Groups, g.OutC/g.Groups
	s := convShape{
		src: []int{g.N, g.C, g.H, g.W}, srcStrides: nhwc(g.H, g.W, g.C),
		dst: []int{g.N, g.OutC, g.OutH, g.OutW}, dstStrides: nhwc(g.OutH, g.OutW, g.OutC),
		bias:    []int{g.OutC},
		strides: dimsOf(g.StrideH, g.StrideW), dilates: dimsOf(g.DilationH-1, g.DilationW-1),
		padL: dimsOf(g.PadTop, g.PadLeft), padR: dimsOf(max(0, padBottom), max(0, padRight)),
	}
	s.weights = []int{outC, inC, g.KernelH, g.KernelW}
	s.weightStrides = []int{1, g.OutC, g.KernelW * inC * g.OutC, inC * g.OutC}
	if g.Groups > 1 {
		s.weights = append([]int{g.Groups}, s.weights...)
		s.weightStrides = append([]int{outC}, s.weightStrides...)
	}
	return s, nil
}

// padEnd returns the padding after the input that the output size follows from;
// negative if the last inputs are not read.
func padEnd(in, out, kernel, stride, dilation, padStart int) int {
	return (out-1)*stride + (kernel-1)*dilation + 1 - in - padStart
}

// nhwc returns the strides of logical NCHW in memory as NHWC.
func nhwc(h, w, c int) []int { return []int{h * w * c, 1, w * c, c} }

// convForward builds y = act(conv(x, w) + bias + residual).
func (b *builder) convForward(s convShape, withBias, withResidual bool, act kernel.Activation) {
	src, dst := b.plain(s.src, s.srcStrides), b.plain(s.dst, s.dstStrides)
	var biasMD, residualMD handle
	if withBias {
		biasMD = b.plain(s.bias, []int{1})
	}
	if withResidual {
		residualMD = dst
	}
	pd := b.describeForward(s, src, dst, biasMD, b.attributes(residualMD, act))
	b.fast(pd)
	if b.err != nil {
		return
	}
	w := b.weightsIn(b.plain(s.weights, s.weightStrides), b.lib.primitiveDescMD(pd, queryWeights, 0))
	args := []execArg{arg(argSrc, b.memory(source, src)), arg(argWeights, w), arg(argDst, b.memory(destination, dst))}
	if withBias {
		args = append(args, arg(argBias, b.memory(biases, biasMD)))
	}
	if withResidual {
		args = append(args, arg(argPostOp, b.memory(residuals, dst)))
	}
	b.step(pd, args...)
}

func (b *builder) describeForward(s convShape, src, dst, bias, attr handle) handle {
	anyWeights := b.any(s.weights)
	if b.err != nil {
		return 0
	}
	var pd handle
	status := b.lib.convForward(&pd, b.engine, propForwardTraining, algDirect, src, anyWeights, bias, dst, s.strides, s.dilates, s.padL, s.padR, attr)
	return b.description("dnnl_convolution_forward_primitive_desc_create", pd, status)
}

// convGradInput builds the gradient of the input.
func (b *builder) convGradInput(s convShape) {
	src, dst := b.plain(s.src, s.srcStrides), b.plain(s.dst, s.dstStrides)
	attr := b.attributes(0, kernel.Activation{})
	hint := b.describeForward(s, src, dst, 0, attr)
	anyWeights := b.any(s.weights)
	if b.err != nil {
		return
	}
	var pd handle
	status := b.lib.convGradInput(&pd, b.engine, algDirect, src, anyWeights, dst, s.strides, s.dilates, s.padL, s.padR, hint, attr)
	pd = b.description("dnnl_convolution_backward_data_primitive_desc_create", pd, status)
	b.fast(pd)
	if b.err != nil {
		return
	}
	w := b.weightsIn(b.plain(s.weights, s.weightStrides), b.lib.primitiveDescMD(pd, queryWeights, 0))
	b.step(pd, arg(argDiffSrc, b.memory(source, src)), arg(argWeights, w), arg(argDiffDst, b.memory(destination, dst)))
}

// convGradWeights builds the gradient of the weights.
func (b *builder) convGradWeights(s convShape) {
	src, dst := b.plain(s.src, s.srcStrides), b.plain(s.dst, s.dstStrides)
	attr := b.attributes(0, kernel.Activation{})
	hint := b.describeForward(s, src, dst, 0, attr)
	anyWeights := b.any(s.weights)
	if b.err != nil {
		return
	}
	var pd handle
	status := b.lib.convGradWeights(&pd, b.engine, algDirect, src, anyWeights, 0, dst, s.strides, s.dilates, s.padL, s.padR, hint, attr)
	pd = b.description("dnnl_convolution_backward_weights_primitive_desc_create", pd, status)
	b.fast(pd)
	if b.err != nil {
		return
	}
	plain, wanted := b.plain(s.weights, s.weightStrides), b.lib.primitiveDescMD(pd, queryDiffWeights, 0)
	args := []execArg{arg(argSrc, b.memory(source, src)), arg(argDiffDst, b.memory(destination, dst))}
	dw := b.memory(weights, plain)
	if b.err != nil || b.lib.memoryDescEqual(plain, wanted) != 0 {
		b.step(pd, append(args, arg(argDiffWeights, dw))...)
		return
	}
	own := b.memory(packed, wanted)
	b.step(pd, append(args, arg(argDiffWeights, own))...)
	b.reorder(wanted, own, plain, dw)
}
