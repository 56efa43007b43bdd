package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// An arithmetic computes elements of an operation, and the factors of its
// gradients.
type arithmetic struct {
	name    string
	value   func(a, b float32) float32
	factors [2]func(a, b float32) float32 // Of dy, for a and for b; nil for 1.
}

var (
	sums     = arithmetic{name: "Add", value: func(a, b float32) float32 { return a + b }}
	products = arithmetic{
		name:  "Mul",
		value: func(a, b float32) float32 { return a * b },
		factors: [2]func(a, b float32) float32{
			func(_, b float32) float32 { return b },
			func(a, _ float32) float32 { return a },
		},
	}
)

// arithmeticOf returns the single precision form of an operation.
func arithmeticOf(o op.Operation) arithmetic {
	a := arithmetic{name: o.Label, value: func(a, b float32) float32 { return float32(o.Value(float64(a), float64(b))) }}
	switch o.Label {
	case "Sub":
		a.value = func(a, b float32) float32 { return a - b }
		a.factors[1] = func(_, _ float32) float32 { return -1 }
		return a
	case "Div":
		a.value = func(a, b float32) float32 { return a / b }
	}
	if o.Slopes == nil {
		return a
	}
	a.factors[0] = func(a, b float32) float32 { d, _ := o.Slopes(float64(a), float64(b)); return float32(d) }
	a.factors[1] = func(a, b float32) float32 { _, d := o.Slopes(float64(a), float64(b)); return float32(d) }
	return a
}

// broadcast emits an elementwise operation of two tensors of any shapes. The
// result lies as the operand that has its shape does.
func (p *planner) broadcast(u *unit, f arithmetic) {
	in := children(u.head)
	a, b := p.values[in[0]], p.values[in[1]]
	y := p.out(u.head, p.layoutLike(u.head, in))
	w := newWalk(y, y, a, b)
	i := w.inner()
	sa, sb := i.strides[1], i.strides[2]
	p.emit(f.name, []*value{y}, []*value{a, b}, w.over(p.Backend, 0, func(at [walkMost]int, n int) {
		f.line(y.data[at[0]:at[0]+n], a.data[at[1]:], b.data[at[2]:], sa, sb)
	}))
}

// layoutLike returns NHWC if an operand of n's shape lies so, else logical.
func (p *planner) layoutLike(n *G.Node, operands G.Nodes) layout {
	for _, o := range operands {
		if v := p.values[o]; v.layout == nhwc && len(v.shape) == len(n.Shape()) && v.size() == size(n.Shape()) {
			return nhwc
		}
	}
	return logical
}

// line computes a line of elements, of which a and b lie sa and sb apart.
func (f arithmetic) line(y, a, b []float32, sa, sb int) {
	switch {
	case f.name == "Add" && sa == 1 && sb == 1:
		a, b = a[:len(y)], b[:len(y)]
		for j := range y {
			y[j] = a[j] + b[j]
		}
	case f.name == "Mul" && sa == 1 && sb == 1:
		a, b = a[:len(y)], b[:len(y)]
		for j := range y {
			y[j] = a[j] * b[j]
		}
	case f.name == "Add" && sa == 1 && sb == 0:
		a, shift := a[:len(y)], b[0]
		for j := range y {
			y[j] = a[j] + shift
		}
	case f.name == "Mul" && sa == 1 && sb == 0:
		a, scale := a[:len(y)], b[0]
		for j := range y {
			y[j] = a[j] * scale
		}
	default:
		for j := range y {
			y[j] = f.value(a[j*sa], b[j*sb])
		}
	}
}

// broadcastGrad emits the gradients of broadcast: dy times a factor, added up
// along the axes that were repeated.
func (p *planner) broadcastGrad(u *unit, f arithmetic, dyNode *G.Node) {
	in := children(u.head)
	for k := range in {
		if dx := p.wanted(u.head, k); dx != nil {
			p.broadcastGradOf(u, f, k, dx, dyNode)
		}
	}
}

func (p *planner) broadcastGradOf(u *unit, f arithmetic, k int, dx, dyNode *G.Node) {
	in := children(u.head)
	factor := f.factors[k]
	dy, x := p.values[dyNode], p.values[in[k]]
	whole := x.size() == dy.size() && len(x.shape) == len(dy.shape)
	if factor == nil && whole {
		p.alias(dx, dy)
		return
	}
	a, b := p.values[in[0]], p.values[in[1]]
	l := x.layout
	if whole {
		l = dy.layout
	}
	to := p.out(dx, l)
	reads := []*value{dy}
	if factor != nil {
		reads = []*value{dy, a, b}
	}
	part := p.gradProduct(f, k, dy, a, b)
	if whole {
		run := part(to)
		p.emit(f.name+"Grad", []*value{to}, reads, run)
	} else {
		p.sumTo(f.name+"Grad", to, reads, part)
	}
	p.settle(dx)
}

// gradProduct returns what computes dy times the factor into a tensor of dy's
// shape.
func (p *planner) gradProduct(f arithmetic, k int, dy, a, b *value) func(to *value) func() {
	factor := f.factors[k]
	return func(to *value) func() {
		operands := []*value{to, dy, dy}
		switch {
		case factor == nil:
			w := newWalk(to, to, dy)
			sd := w.inner().strides[1]
			return w.over(p.Backend, 0, func(at [walkMost]int, n int) {
				for j := range n {
					to.data[at[0]+j] = dy.data[at[1]+j*sd]
				}
			})
		case f.name == "Mul":
			operands[2] = []*value{b, a}[k]
			w := newWalk(to, operands...)
			i := w.inner()
			return w.over(p.Backend, 0, func(at [walkMost]int, n int) {
				products.line(to.data[at[0]:at[0]+n], operands[1].data[at[1]:], operands[2].data[at[2]:], i.strides[1], i.strides[2])
			})
		}
		w := newWalk(to, to, a, b)
		over := newWalk(to, to, dy)
		i, sd := w.inner(), over.inner().strides[1]
		factors := w.over(p.Backend, 0, func(at [walkMost]int, n int) {
			for j := range n {
				to.data[at[0]+j] = factor(a.data[at[1]+j*i.strides[1]], b.data[at[2]+j*i.strides[2]])
			}
		})
		times := over.over(p.Backend, 0, func(at [walkMost]int, n int) {
			for j := range n {
				to.data[at[0]+j] *= dy.data[at[1]+j*sd]
			}
		})
		return func() { factors(); times() }
	}
}

// sumTo emits the sum of what part computes, which has the shape of reads[0],
// along the axes that to repeats along.
func (p *planner) sumTo(name string, to *value, reads []*value, part func(to *value) func()) {
	like := reads[0]
	whole := newValue(like.shape, like.layout)
	p.emit(name, []*value{whole}, reads, part(whole))
	p.sumValue(name+" sum", to, whole, 1)
}

// sumValue emits factor times the sum of x along the axes that to repeats
// along, in double precision.
func (p *planner) sumValue(name string, to, x *value, factor float64) {
	w := newWalk(x, x, to)
	st := w.inner().strides[1]
	totals := make([]float64, to.size())
	add := w.over(p.Backend, 1, func(at [walkMost]int, n int) {
		line := x.data[at[0] : at[0]+n]
		if st == 0 {
			total := totals[at[1]]
			for _, v := range line {
				total += float64(v)
			}
			totals[at[1]] = total
			return
		}
		for j, v := range line {
			totals[at[1]+j*st] += float64(v)
		}
	})
	p.emit(name, []*value{to}, []*value{x}, func() {
		clear(totals)
		add()
		for j, total := range totals {
			to.data[j] = float32(factor * total)
		}
	})
}
