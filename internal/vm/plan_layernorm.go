package vm

import (
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
	p.emitInPlace("LayerNorm", []*value{y, k.mean, k.invStd}, present(x, scale, bias), []*value{x}, func() {
		p.Backend.LayerNorm(y.data, k.mean.data, k.invStd.data, x.data, dataOf(scale), dataOf(bias), rows, cols, float32(d.Epsilon))
	})
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

// layerNormGrad emits the gradients of layerNorm that are wanted.
func (p *planner) layerNormGrad(u *unit, d *op.LayerNorm, dyNode *G.Node) {
	in := children(u.head)
	x, dy := p.as(in[0], logical), p.as(dyNode, logical)
	scale, _ := p.affineOf(in)
	k := p.machine.norms[u]
	cols := d.Size(x.shape)
	rows := x.size() / cols
	var to [3]*value
	for i := range in {
		if dx := p.wanted(u.head, i); dx != nil {
			to[i] = p.out(dx, logical)
		}
	}
	p.emitInPlace("LayerNormGrad", present(to[:]...), present(dy, x, scale, k.mean, k.invStd), []*value{dy}, func() {
		p.Backend.LayerNormGrad(dataOf(to[0]), dataOf(to[1]), dataOf(to[2]), dy.data, x.data, dataOf(scale), k.mean.data, k.invStd.data, rows, cols)
	})
	for i := range in {
		if to[i] != nil {
			p.settle(p.wanted(u.head, i))
		}
	}
}
