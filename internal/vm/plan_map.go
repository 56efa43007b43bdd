package vm

import (
	"finetune/internal/kernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// activations are the functions that the backend has.
var activations = map[string]kernel.ActivationKind{"Exp": kernel.Exp, "Tanh": kernel.Tanh, "Erf": kernel.Erf, "Gelu": kernel.Gelu}

// activationOf returns f as an activation, if the backend has it.
func activationOf(f op.Function) (a *op.Activate, ok bool) {
	kind, ok := activations[f.Label]
	if f.Label == "Gelu" {
		ok = f.Value(1) == op.Gelu.Value(1) // Not the approximation by tanh.
	}
	return &op.Activate{Activation: kernel.Activation{Kind: kind}}, ok
}

// mapped emits an elementwise function.
func (p *planner) mapped(u *unit, d *op.Map) {
	if a, ok := activationOf(d.Function); ok {
		p.activate(u, a)
		return
	}
	x := p.values[children(u.head)[0]]
	y := p.out(u.head, x.layout)
	f := single(d.Function)
	p.emitInPlace(d.Name(), []*value{y}, []*value{x}, []*value{x}, flat(p.Backend, y.size(), func(lo, hi int) {
		f.values(y.data[lo:hi], x.data[lo:hi])
	}))
}

func (p *planner) mappedGrad(u *unit, d *op.Map, dyNode *G.Node) {
	if a, ok := activationOf(d.Function); ok {
		p.activateGrad(u, a, dyNode)
		return
	}
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

// single returns f in single precision.
func single(f op.Function) singleFunction {
	slope := singleSlopes[f.Label]
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
