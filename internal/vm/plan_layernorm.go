package vm

import (
	"math"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// layerNorm emits the normalization of rows, and keeps mean and 1/√(variance +
// epsilon) of each for the gradient.
func (p *planner) layerNorm(u *unit, d *op.LayerNorm) {
	in := children(u.head)
	x := p.as(in[0], logical)
	scale, bias := p.affineOf(in)
	y := p.out(u.head, logical)
	cols := d.Size(x.shape)
	rows := x.size() / cols
	k := &normalized{mean: temp(logical, rows), invStd: temp(logical, rows)}
	p.machine.norms[u] = k
	p.emit("LayerNorm", []*value{y, k.mean, k.invStd}, present(x, scale, bias), flatRows(p, rows, cols, func(row int) {
		k.mean.data[row], k.invStd.data[row] = layerNormRow(y.data[row*cols:(row+1)*cols], x.data[row*cols:], dataOf(scale), dataOf(bias), d.Epsilon)
	}))
}

// affineOf returns scale and bias; nil if they are missing.
func (p *planner) affineOf(in G.Nodes) (scale, bias *value) {
	if len(in) > 1 {
		scale = p.as(in[1], logical)
	}
	if len(in) > 2 {
		bias = p.as(in[2], logical)
	}
	return scale, bias
}

func layerNormRow(y, x, scale, bias []float32, epsilon float64) (mean, invStd float32) {
	x = x[:len(y)]
	sum, squares := 0.0, 0.0
	for _, v := range x {
		sum += float64(v)
	}
	m := sum / float64(len(x))
	for _, v := range x {
		squares += (float64(v) - m) * (float64(v) - m)
	}
	mean, invStd = float32(m), float32(1/math.Sqrt(squares/float64(len(x))+epsilon))
	for j, v := range x {
		y[j] = (v - mean) * invStd
	}
	if scale != nil {
		for j, s := range scale[:len(y)] {
			y[j] *= s
		}
	}
	if bias != nil {
		for j, b := range bias[:len(y)] {
			y[j] += b
		}
	}
	return mean, invStd
}

// layerNormGrad emits the gradients of layerNorm.
func (p *planner) layerNormGrad(u *unit, d *op.LayerNorm, dyNode *G.Node) {
	in := children(u.head)
	x, dy := p.as(in[0], logical), p.as(dyNode, logical)
	scale, _ := p.affineOf(in)
	k := p.machine.norms[u]
	cols := d.Size(x.shape)
	rows := x.size() / cols
	if scale != nil {
		if dscale := p.wanted(u.head, 1); dscale != nil {
			p.layerNormGradScale(dscale, x, dy, k, rows, cols)
		}
	}
	if len(in) > 2 {
		if dbias := p.wanted(u.head, 2); dbias != nil {
			to := p.out(dbias, logical)
			p.emit("LayerNormGradBias", []*value{to}, []*value{dy}, func() { p.Backend.ColumnSums(to.data, dy.data, rows, cols) })
			p.settle(dbias)
		}
	}
	if dx := p.wanted(u.head, 0); dx != nil {
		to := p.out(dx, logical)
		p.emitInPlace("LayerNormGradInput", []*value{to}, present(dy, x, scale, k.mean, k.invStd), []*value{dy}, flatRows(p, rows, cols, func(row int) {
			layerNormGradRow(to.data[row*cols:(row+1)*cols], dy.data[row*cols:], x.data[row*cols:], dataOf(scale), k.mean.data[row], k.invStd.data[row])
		}))
		p.settle(dx)
	}
}

// layerNormGradScale emits Σ over rows of dy·xhat.
func (p *planner) layerNormGradScale(dscale *G.Node, x, dy *value, k *normalized, rows, cols int) {
	to := p.out(dscale, logical)
	totals := make([]float64, cols)
	n := max(1, min(cols/alignment, rows*cols/chunk))
	do := func(i int) {
		lo, hi := cols*i/n, cols*(i+1)/n
		clear(totals[lo:hi])
		for row := range rows {
			mean, invStd := k.mean.data[row], k.invStd.data[row]
			xs, gs := x.data[row*cols:(row+1)*cols], dy.data[row*cols:(row+1)*cols]
			for j := lo; j < hi; j++ {
				totals[j] += float64(gs[j] * (xs[j] - mean) * invStd)
			}
		}
		narrow(to.data[lo:hi], totals[lo:hi])
	}
	p.emit("LayerNormGradScale", []*value{to}, []*value{x, dy, k.mean, k.invStd}, func() { p.Backend.Parallel(n, do) })
	p.settle(dscale)
}

// layerNormGradRow computes, with g = dy·scale, invStd·(g − mean(g) −
// xhat·mean(g·xhat)). dx may be dy.
func layerNormGradRow(dx, dy, x, scale []float32, mean, invStd float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	if scale != nil {
		for j, s := range scale[:len(dx)] {
			dx[j] = dy[j] * s
		}
	} else {
		copy(dx, dy)
	}
	sum, dot := 0.0, 0.0
	for j, g := range dx {
		sum += float64(g)
		dot += float64(g) * float64((x[j]-mean)*invStd)
	}
	meanG, meanGX := float32(sum/float64(len(dx))), float32(dot/float64(len(dx)))
	for j, g := range dx {
		dx[j] = invStd * (g - meanG - (x[j]-mean)*invStd*meanGX)
	}
}
