//go:build linux && amd64 && !static

package onednn

import (
	"fmt"

	"finetune/internal/kernel"
)

// Conv implements kernel.Backend.
func (b *Backend) Conv(y, x, w, scale, bias, residual []float32, g kernel.Conv, act kernel.Activation) {
	if scale == nil && b.takesConv(Forward, y, x, w, g) {
		checkOptional("Conv", "bias", bias, g.OutC)
		checkOptional("Conv", "residual", residual, len(y))
		fused, rest := act, kernel.Activation{}
		if act.Kind != kernel.Clip {
			fused, rest = rest, act
		}
		o := &b.call.operands
		o[source], o[weights], o[biases], o[destination], o[residuals] = x, w, bias, y, residual
		if b.run(key{op: Forward, conv: g, bias: bias != nil, residual: residual != nil, act: fused}) {
			if rest.Kind != kernel.Identity {
				b.Backend.Activate(y, y, rest)
			}
			return
		}
	}
	b.Backend.Conv(y, x, w, scale, bias, residual, g, act)
}

// ConvGradInput implements kernel.Backend.
func (b *Backend) ConvGradInput(dx, dy, w, scale []float32, g kernel.Conv) {
	if scale == nil && b.takesConv(GradInput, dy, dx, w, g) {
		o := &b.call.operands
		o[source], o[weights], o[destination] = dx, w, dy
		if b.run(key{op: GradInput, conv: g}) {
			return
		}
	}
	b.Backend.ConvGradInput(dx, dy, w, scale, g)
}

// ConvGradInputFinish implements kernel.Backend.
func (b *Backend) ConvGradInputFinish(dx, dy, w, scale []float32, g kernel.Conv, f kernel.GradFinish) {
	if scale == nil && b.takesConv(GradInput, dy, dx, w, g) {
		b.ConvGradInput(dx, dy, w, nil, g)
		b.Backend.FinishGrad(dx, g.N*g.H*g.W, g.C, f)
		return
	}
	b.Backend.ConvGradInputFinish(dx, dy, w, scale, g, f)
}

// ScalesWeights implements kernel.Backend: the library does not.
func (b *Backend) ScalesWeights(g kernel.Conv) bool {
	return b.Backend.ScalesWeights(g) && !b.rule(Forward, g) && !b.rule(GradInput, g)
}

// ConvGradWeights implements kernel.Backend.
func (b *Backend) ConvGradWeights(dw, x, dy []float32, g kernel.Conv) {
	if b.takesConv(GradWeights, dy, x, dw, g) {
		o := &b.call.operands
		o[source], o[weights], o[destination] = x, dw, dy
		if b.run(key{op: GradWeights, conv: g}) {
			return
		}
	}
	b.Backend.ConvGradWeights(dw, x, dy, g)
}

// ConvGrads implements kernel.Backend.
func (b *Backend) ConvGrads(dw, dx, x, dy, w, scale []float32, g kernel.Conv, f kernel.GradFinish) {
	if b.JoinsGrads(g) {
		b.Backend.ConvGrads(dw, dx, x, dy, w, scale, g, f)
		return
	}
	b.ConvGradWeights(dw, x, dy, g)
	b.ConvGradInputFinish(dx, dy, w, scale, g, f)
}

// JoinsGrads implements kernel.Backend: the library does not.
func (b *Backend) JoinsGrads(g kernel.Conv) bool {
	return b.Backend.JoinsGrads(g) && !b.rule(GradWeights, g) && !b.rule(GradInput, g)
}

// MatMul implements kernel.Backend.
func (b *Backend) MatMul(c, a, bb, bias []float32, m, n, k int, transA, transB bool) {
	g := kernel.Conv{
		N: 1, H: 1, W: m, C: k, OutH: 1, OutW: m, OutC: n, KernelH: 1, KernelW: 1,
		StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1,
	}
	if m > 0 && n > 0 && k > 0 && b.rule(Product, g) {
		check("MatMul", "c", len(c), m*n)
		check("MatMul", "a", len(a), m*k)
		check("MatMul", "b", len(bb), k*n)
		checkOptional("MatMul", "bias", bias, n)
		o := &b.call.operands
		o[source], o[weights], o[biases], o[destination] = a, bb, bias, c
		if b.run(key{op: Product, product: product{m, n, k, transA, transB}, bias: bias != nil}) {
			return
		}
	}
	b.Backend.MatMul(c, a, bb, bias, m, n, k, transA, transB)
}

// takesConv reports whether the rule gives a convolution to oneDNN. It panics
// unless its operands have the lengths that their shapes say; y may be its
// gradient, and so on.
func (b *Backend) takesConv(op Op, y, x, w []float32, g kernel.Conv) bool {
	if len(y) == 0 || len(x) == 0 || len(w) == 0 || !b.rule(op, g) {
		return false
	}
	check(op.String(), "input", len(x), g.N*g.H*g.W*g.C)
	check(op.String(), "weights", len(w), g.KernelH*g.KernelW*(g.C/g.Groups)*g.OutC)
	check(op.String(), "output", len(y), g.N*g.OutH*g.OutW*g.OutC)
	return true
}

// check panics unless an operand has the length that its shape says.
func check(op, operand string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("onednn: %s: %s has length %d, want %d", op, operand, got, want))
	}
}

// checkOptional is check for an operand that may be nil.
func checkOptional(op, operand string, s []float32, want int) {
	if s != nil {
		check(op, operand, len(s), want)
	}
}
