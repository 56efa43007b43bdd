package gokernel

import (
	"fmt"

	"finetune/internal/kernel"
)

// Conv implements kernel.Backend.
func (b *Backend) Conv(y, x, w, scale, bias, residual []float32, g kernel.Conv, act kernel.Activation) {
	checkConv("Conv", x, w, y, g)
	checkScale("Conv", scale, g)
	checkOptional("Conv", "bias", bias, g.OutC)
	checkOptional("Conv", "residual", residual, len(y))
	switch {
	case len(y) == 0:
	case isMatrix(g):
		b.rowsProduct(y, x, w, scale, bias, residual, g.N*g.H*g.W, g.OutC, g.C, false, act, nil)
	case isDepthwise(g):
		b.depthwise(y, x, w, bias, residual, g, act)
	case isWinograd(g, g.OutH, g.OutW):
		b.winogradForward(y, x, w, bias, residual, g, act)
	default:
		b.denseForward(y, x, w, bias, residual, g, act)
	}
}

func (b *Backend) denseForward(y, x, w, bias, residual []float32, g kernel.Conv, act kernel.Activation) {
	j := &b.jobs.conv
	j.window = forwardWindow(g)
	j.y, j.x, j.residual = y, x, residual
	b.convForward(j, w, bias, g, act)
}

// ConvGradInput implements kernel.Backend.
func (b *Backend) ConvGradInput(dx, dy, w, scale []float32, g kernel.Conv) {
	b.convGradInput(dx, dy, w, scale, g, nil)
}

// convGradInput is ConvGradInput, and finishes dx of a product of matrices or a
// depthwise convolution if finish is not nil.
func (b *Backend) convGradInput(dx, dy, w, scale []float32, g kernel.Conv, finish *gradFinish) {
	checkConv("ConvGradInput", dx, w, dy, g)
	checkScale("ConvGradInput", scale, g)
	switch {
	case len(dx) == 0:
	case isMatrix(g):
		b.rowsProduct(dx, dy, w, scale, nil, finish.plus(), g.N*g.H*g.W, g.C, g.OutC, true, kernel.Activation{}, finish)
	case isDepthwise(g):
		b.depthwiseGradInput(dx, dy, w, g, finish)
	case isWinograd(g, g.H, g.W):
		b.winogradGradInput(dx, dy, w, g)
	default:
		b.denseGradInput(dx, dy, w, g)
	}
}

func (b *Backend) denseGradInput(dx, dy, w []float32, g kernel.Conv) {
	for phaseY := range min(g.StrideH, g.H) {
		for phaseX := range min(g.StrideW, g.W) {
			j := &b.jobs.conv
			j.window = gradWindow(g, phaseY, phaseX)
			j.y, j.x, j.residual = dx, dy, nil
			b.convBackward(j, w, g)
		}
	}
}

// ConvGradWeights implements kernel.Backend.
func (b *Backend) ConvGradWeights(dw, x, dy []float32, g kernel.Conv) {
	checkConv("ConvGradWeights", x, dw, dy, g)
	switch {
	case len(dw) == 0:
	case len(x) == 0 || len(dy) == 0:
		clear(dw)
	case isMatrix(g):
		b.outerProduct(dw, x, dy, g.C, g.OutC, g.N*g.H*g.W)
	case isDepthwise(g):
		b.depthwiseGradWeights(dw, x, dy, g)
	case isWinograd(g, g.OutH, g.OutW):
		b.winogradGradWeights(dw, x, dy, g)
	default:
		b.convGradWeights(dw, x, dy, g)
	}
}

// ScalesWeights implements kernel.Backend: products of matrices do it as they pack.
func (b *Backend) ScalesWeights(g kernel.Conv) bool { return isMatrix(g) }

func checkScale(op string, scale []float32, g kernel.Conv) {
	if scale != nil && !isMatrix(g) {
		panic(fmt.Sprintf("gokernel: %s: a scale of the weights of %+v", op, g))
	}
	checkOptional(op, "scale", scale, g.OutC)
}

// isMatrix reports whether the convolution is a product of matrices.
func isMatrix(g kernel.Conv) bool {
	return g.KernelH == 1 && g.KernelW == 1 && g.Groups == 1 && g.StrideH == 1 && g.StrideW == 1 &&
		g.PadTop == 0 && g.PadLeft == 0 && g.OutH == g.H && g.OutW == g.W
}

// isDepthwise reports whether every channel has its own kernel.
func isDepthwise(g kernel.Conv) bool { return g.Groups == g.C && g.OutC == g.C && g.C > 1 }

func checkConv(op string, x, w, y []float32, g kernel.Conv) {
	check(op, "input", len(x), g.N*g.H*g.W*g.C)
	check(op, "weights", len(w), g.KernelH*g.KernelW*(g.C/g.Groups)*g.OutC)
	check(op, "output", len(y), g.N*g.OutH*g.OutW*g.OutC)
}
