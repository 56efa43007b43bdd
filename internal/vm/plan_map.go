package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// mapped emits an elementwise function.
func (p *planner) mapped(u *unit, d *op.Map) {
	x := p.values[children(u.head)[0]]
	y := p.out(u.head, x.layout)
	f := single(d.Function)
	p.emitInPlace(d.Name(), []*value{y}, []*value{x}, []*value{x}, flat(p.Backend, y.size(), func(lo, hi int) {
		f.values(y.data[lo:hi], x.data[lo:hi])
	}))
}

func (p *planner) mappedGrad(u *unit, d *op.Map, dyNode *G.Node) {
	dx := p.wanted(u.head, 0)
	y := p.values[u.head]
	x := p.as(children(u.head)[0], y.layout)
	dy := p.as(dyNode, y.layout)
	to := p.out(dx, y.layout)
	f := single(d.Function)
	p.emitInPlace(d.Name()+"Grad", []*value{to}, []*value{dy, x, y}, []*value{dy}, flat(p.Backend, y.size(), func(lo, hi int) {
		f.grads(to.data[lo:hi], dy.data[lo:hi], x.data[lo:hi], y.data[lo:hi])
	}))
	p.settle(dx)
}

// A singleFunction is a function in single precision.
type singleFunction struct {
	values func(y, x []float32)
	grads  func(dx, dy, x, y []float32)
}

// single returns f in single precision: functions that transformers spend their
// time in have forms of their own.
func single(f op.Function) singleFunction {
	slope := singleSlopes[f.Label]
	if f.Label == "Gelu" && f.Value(1) == op.Gelu.Value(1) { // Not the approximation by tanh.
		return singleFunction{geluLine, geluGradLine}
	}
	if slope != nil {
		return singleFunction{singleValues[f.Label], func(dx, dy, x, y []float32) {
			for j, g := range dy {
				dx[j] = g * slope(x[j], y[j])
			}
		}}
	}
	return singleFunction{
		func(y, x []float32) {
			for j, v := range x {
				y[j] = float32(f.Value(float64(v)))
			}
		},
		func(dx, dy, x, y []float32) {
			for j, g := range dy {
				dx[j] = float32(float64(g) * f.Slope(float64(x[j]), float64(y[j])))
			}
		},
	}
}
