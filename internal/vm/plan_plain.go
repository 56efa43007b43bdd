package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// plain emits the operator's own reference, in float64 and logical order: slow
// and right, for operators that no kernel computes yet.
func (p *planner) plain(u *unit) {
	def := defOf(u.head)
	in, wide := p.widen(children(u.head))
	y := p.out(u.head, logical)
	wideY := op.Array{Shape: y.shape, Data: make([]float64, y.size())}
	p.emit(def.Name()+" (plain)", []*value{y}, in, func() {
		widenData(wide, in)
		clear(wideY.Data)
		def.Forward(wideY, wide)
		narrow(y.data, wideY.Data)
	})
}

func (p *planner) plainGrad(u *unit, dy *G.Node) {
	for i := range children(u.head) {
		if dx := p.wanted(u.head, i); dx != nil {
			p.plainGradOf(u, i, dx, dy)
		}
	}
}

func (p *planner) plainGradOf(u *unit, i int, dx, dy *G.Node) {
	def := defOf(u.head)
	all := append(append(G.Nodes{}, children(u.head)...), u.head, dy)
	in, wide := p.widen(all)
	to := p.out(dx, logical)
	wideDx := op.Array{Shape: to.shape, Data: make([]float64, to.size())}
	n := len(all) - 2
	p.emit(def.Name()+"Grad (plain)", []*value{to}, in, func() {
		widenData(wide, in)
		clear(wideDx.Data)
		def.Grad(i, wideDx, wide[:n], wide[n], wide[n+1])
		narrow(to.data, wideDx.Data)
	})
	p.settle(dx)
}

// widen returns the logical values of the nodes and room for them in float64.
func (p *planner) widen(nodes G.Nodes) (in []*value, wide []op.Array) {
	for _, n := range nodes {
		v := p.as(n, logical)
		in = append(in, v)
		wide = append(wide, op.Array{Shape: v.shape, Data: make([]float64, v.size())})
	}
	return in, wide
}

func widenData(wide []op.Array, in []*value) {
	for k, v := range in {
		for j, x := range v.data {
			wide[k].Data[j] = float64(x)
		}
	}
}

func narrow(dst []float32, src []float64) {
	for j, x := range src {
		dst[j] = float32(x)
	}
}
