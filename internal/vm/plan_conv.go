package vm

import (
	"math"

	"finetune/internal/kernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// A folded is a convolution with BatchNorm by running statistics folded in:
// with r = 1/√(variance+epsilon) and s = gamma·r it convolves with W' = s·W and
// adds beta + s·(bias − mean).
type folded struct {
	w, times     *value // W' and nil; or W and s, if the kernels multiply them.
	scale, shift *value // s, and what is added.
	invStd       *value // r.
}

// conv emits y = act(norm(conv(x, w) + bias) + residual).
func (p *planner) conv(u *unit, d *op.Conv) {
	in := children(u.head)
	g := d.Geometry(in[0].Shape(), in[1].Shape())
	x, w := p.as(in[0], nhwc), p.as(in[1], hwio)
	var bias, scale *value
	if len(in) == 3 {
		bias = p.as(in[2], logical)
	}
	name := "Conv"
	if u.norm != nil {
		f := p.fold(u, g, w, bias)
		p.machine.folds[u] = f
		w, scale, bias = f.w, f.times, f.shift
		name += "+BatchNorm"
	}
	residual, act, suffix := p.epilogue(u)
	y := p.out(u.out(), nhwc)
	reads := present(x, w, scale, bias, residual)
	p.emit(name+suffix, []*value{y}, reads, func() {
		p.Backend.Conv(y.data, x.data, w.data, dataOf(scale), dataOf(bias), dataOf(residual), g, act)
	})
	p.multiplies(g)
}

// epilogue returns the residual, or nil, and the activation of u.
func (p *planner) epilogue(u *unit) (residual *value, act kernel.Activation, name string) {
	if u.add != nil {
		residual = p.as(u.residual, nhwc)
		name += "+Add"
	}
	if u.act != nil {
		d := defOf(u.act).(*op.Activate)
		act = d.Activation
		name += "+" + d.Name()
	}
	return residual, act, name
}

// fold emits the folding of u's BatchNorm into the weights w of a convolution.
func (p *planner) fold(u *unit, g kernel.Conv, w, bias *value) *folded {
	bn := children(u.norm)
	epsilon := defOf(u.norm).(*op.BatchNorm).Epsilon
	gamma, beta, mean, variance := p.as(bn[1], logical), p.as(bn[2], logical), p.as(bn[3], logical), p.as(bn[4], logical)
	rows, cols := w.rowsCols()
	f := &folded{scale: temp(logical, cols), shift: temp(logical, cols), invStd: temp(logical, cols)}
	p.emit("fold statistics", []*value{f.scale, f.shift, f.invStd}, present(gamma, beta, mean, variance, bias), func() {
		b := dataOf(bias)
		for c, v := range variance.data {
			r := float32(1 / math.Sqrt(float64(v)+epsilon))
			s := gamma.data[c] * r
			offset := -mean.data[c]
			if b != nil {
				offset += b[c]
			}
			f.invStd.data[c], f.scale.data[c], f.shift.data[c] = r, s, beta.data[c]+s*offset
		}
	})
	if p.Backend.ScalesWeights(g) {
		f.w, f.times = w, f.scale
		return f
	}
	f.w = newValue(w.shape, hwio)
	p.emit("fold weights", []*value{f.w}, []*value{w, f.scale}, func() {
		p.Backend.Affine(f.w.data, w.data, f.scale.data, nil, nil, rows, cols, identity)
	})
	return f
}

// convGrad emits the gradients of conv.
func (p *planner) convGrad(u *unit, d *op.Conv, dyNode *G.Node) {
	in := children(u.head)
	g := d.Geometry(in[0].Shape(), in[1].Shape())
	w := p.as(in[1], hwio)
	f := p.machine.folds[u]

	dbias := p.wantedOf(u.head, len(in) == 3, 2)
	dw := p.wanted(u.head, 1)
	var dgamma, dbeta *G.Node
	if u.norm != nil {
		dgamma, dbeta = p.wanted(u.norm, 1), p.wanted(u.norm, 2)
	}
	dz, sums := p.epilogueGrad(u, dyNode, p.wantsSums(u))

	wx, scale := w, (*value)(nil) // What x is multiplied by.
	if f != nil {
		wx, scale = f.w, f.times
		p.skip(u.norm, 0)
	}
	dx := p.wanted(u.head, 0)
	joined := false
	if dw != nil || dgamma != nil {
		to := newValue(w.shape, hwio)
		if dw != nil {
			to = p.out(dw, hwio)
		}
		joined = dx != nil && p.Backend.JoinsGrads(g) && p.finishGradInput(u, g, to, dx, dz, wx, scale)
		if !joined {
			x := p.as(in[0], nhwc)
			p.emit("ConvGradWeights", []*value{to}, []*value{x, dz}, func() { p.Backend.ConvGradWeights(to.data, x.data, dz.data, g) })
			p.multiplies(g)
		}
		p.unfold(u, w, to, sums, f, dw, dgamma)
	}
	if dbeta != nil {
		p.alias(dbeta, sums)
	}
	if dbias != nil {
		p.convGradBias(dbias, sums, f)
	}
	if dx != nil && !joined {
		p.convGradInput(u, g, dx, dz, wx, scale)
	}
}

// convGradInput emits dx of a convolution with w·scale, or w if scale is nil.
func (p *planner) convGradInput(u *unit, g kernel.Conv, dx *G.Node, dz, w, scale *value) {
	if p.finishGradInput(u, g, nil, dx, dz, w, scale) {
		return
	}
	to := p.out(dx, nhwc)
	p.emit("ConvGradInput", []*value{to}, present(dz, w, scale), func() {
		p.Backend.ConvGradInput(to.data, dz.data, w.data, dataOf(scale), g)
	})
	p.multiplies(g)
	p.settle(dx)
}

// epilogueGrad emits the gradient through u's activation and residual addition
// and returns the gradient dz that reaches the chain before them and, if wanted,
// its sums per channel.
func (p *planner) epilogueGrad(u *unit, dyNode *G.Node, wantSums bool) (dz, sums *value) {
	dy := p.as(dyNode, nhwc)
	rows, cols := dy.rowsCols()
	dz = dy
	if wantSums {
		sums = temp(logical, cols)
	}
	switch f := p.take(dyNode); {
	case f != nil:
		sums = f.sums
		if u.act != nil {
			p.setGrad(u.act, 0, dz)
		}
	case u.act != nil:
		dz = newValue(dy.shape, nhwc)
		y := p.as(u.out(), nhwc)
		act := defOf(u.act).(*op.Activate).Activation
		if wantSums {
			p.emitInPlace("ActivateGradSums", []*value{dz, sums}, []*value{dy, y}, []*value{dy}, func() {
				p.Backend.ActivateGradSums(dz.data, sums.data, dy.data, nil, y.data, rows, cols, act)
			})
		} else {
			p.emitInPlace("ActivateGrad", []*value{dz}, []*value{dy, y}, []*value{dy}, func() {
				p.Backend.ActivateGrad(dz.data, dy.data, nil, y.data, act)
			})
		}
		p.setGrad(u.act, 0, dz)
	case wantSums:
		p.emit("ColumnSums", []*value{sums}, []*value{dy}, func() { p.Backend.ColumnSums(sums.data, dy.data, rows, cols) })
	}
	if u.add != nil {
		p.setGrad(u.add, 0, dz)
		p.setGrad(u.add, 1, dz)
	}
	return dz, sums
}

// setGrad makes v the gradient of n's input i, if that is wanted.
func (p *planner) setGrad(n *G.Node, i int, v *value) {
	if d := p.wanted(n, i); d != nil {
		p.alias(d, v)
	}
}

// skip marks the gradient of n's input i, which the unit around it does not
// compute by itself.
func (p *planner) skip(n *G.Node, i int) {
	if d := p.wanted(n, i); d != nil {
		p.values[d] = newValue(d.Shape(), nhwc)
	}
}

// unfold emits, for a folded BatchNorm, dw and dgamma from the folded weight's gradient
// dW', which is in to: dw = s·dW' and dgamma = r·(Σ dW'·W + (bias − mean)·Σ dz).
func (p *planner) unfold(u *unit, w, to, sums *value, f *folded, dw, dgamma *G.Node) {
	rows, cols := w.rowsCols()
	switch {
	case f != nil && dgamma != nil:
		p.unfoldWithGamma(u, w, to, sums, f, dgamma)
	case f != nil:
		p.emit("unfold weight gradient", []*value{to}, []*value{to, f.scale}, func() {
			p.Backend.Affine(to.data, to.data, f.scale.data, nil, nil, rows, cols, identity)
		})
	}
	if dw != nil {
		p.settle(dw)
	}
}

// unfoldWithGamma emits dgamma, and dw in place of the folded weight's gradient.
func (p *planner) unfoldWithGamma(u *unit, w, dw, sums *value, f *folded, dgamma *G.Node) {
	mean := p.as(children(u.norm)[3], logical)
	var bias *value
	if in := children(u.head); len(in) == 3 {
		bias = p.as(in[2], logical)
	}
	rows, cols := w.rowsCols()
	to := p.out(dgamma, logical)
	p.emit("unfold weight gradient", []*value{dw, to}, present(dw, w, sums, mean, f.invStd, f.scale, bias), func() {
		p.Backend.ScaleDots(dw.data, to.data, dw.data, w.data, f.scale.data, rows, cols)
		b := dataOf(bias)
		for c, dot := range to.data {
			offset := -mean.data[c]
			if b != nil {
				offset += b[c]
			}
			to.data[c] = f.invStd.data[c] * (dot + offset*sums.data[c])
		}
	})
	p.settle(dgamma)
}

func (p *planner) convGradBias(dbias *G.Node, sums *value, f *folded) {
	if f == nil {
		p.alias(dbias, sums)
		return
	}
	to := p.out(dbias, logical)
	p.emit("bias gradient", []*value{to}, []*value{sums, f.scale}, func() { p.Backend.Mul(to.data, sums.data, f.scale.data) })
	p.settle(dbias)
}

func (p *planner) wantedOf(n *G.Node, exists bool, i int) *G.Node {
	if !exists {
		return nil
	}
	return p.wanted(n, i)
}

// present drops what is nil.
func present(values ...*value) []*value {
	var out []*value
	for _, v := range values {
		if v != nil {
			out = append(out, v)
		}
	}
	return out
}

func dataOf(v *value) []float32 {
	if v == nil {
		return nil
	}
	return v.data
}
