package vm

import "finetune/internal/op"

// pointwise emits an operator that takes its input in any layout.
func (p *planner) pointwise(u *unit, d op.Pointwise) {
	x := p.values[children(u.head)[0]]
	y := p.out(u.head, x.layout)
	p.emitInPlace(d.Name(), []*value{y}, []*value{x}, []*value{x}, func() { d.Apply(y.data, x.data) })
}
