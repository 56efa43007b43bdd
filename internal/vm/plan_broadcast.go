package vm

import (
	"slices"

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
	if whole, run := p.byColumns(f, y, a, b); run != nil {
		p.emitInPlace(f.name, []*value{y}, []*value{a, b}, []*value{whole}, run)
		return
	}
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
	case f.name == "Sub" && sa == 1 && sb == 0:
		a, shift := a[:len(y)], b[0]
		for j := range y {
			y[j] = a[j] - shift
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
	reads := []*value{dy, a, b}
	if f.name == "Mul" {
		reads = []*value{dy, []*value{b, a}[k]}
	}
	switch {
	case whole:
		p.emit(f.name+"Grad", []*value{to}, reads, p.gradProduct(f, k, to, dy, a, b))
	case factor == nil:
		p.sumValue(f.name+"Grad sum", to, dy, 1)
	case f.name == "Sub":
		p.sumValue(f.name+"Grad sum", to, dy, -1)
	case f.name == "Mul" && p.sumProducts(f.name+"Grad sum", to, dy, p.like(dy, in[1-k])):
	default:
		product := newValue(dy.shape, dy.layout)
		p.emit(f.name+"Grad", []*value{product}, reads, p.gradProduct(f, k, product, dy, a, b))
		p.sumValue(f.name+"Grad sum", to, product, 1)
	}
	p.settle(dx)
}

// like returns the value of n, in the order of v if it has v's shape.
func (p *planner) like(v *value, n *G.Node) *value {
	if slices.Equal(n.Shape(), v.shape) {
		return p.as(n, v.layout)
	}
	return p.values[n]
}

// gradProduct returns what computes dy times the factor for operand k into to,
// which has dy's shape.
func (p *planner) gradProduct(f arithmetic, k int, to, dy, a, b *value) func() {
	factor := f.factors[k]
	if f.name == "Mul" {
		return p.product(to, dy, []*value{b, a}[k])
	}
	w := newWalk(to, to, a, b)
	over := newWalk(to, to, dy)
	i, sd := w.inner(), over.inner().strides[1]
	factors := w.over(p.Backend, 0, func(at [walkMost]int, n int) {
		for j := range n {
			to.data[at[0]+j] = factor(a.data[at[1]+j*i.strides[1]], b.data[at[2]+j*i.strides[2]])
		}
	})
	timesDy := over.over(p.Backend, 0, func(at [walkMost]int, n int) {
		for j := range n {
			to.data[at[0]+j] *= dy.data[at[1]+j*sd]
		}
	})
	return func() { factors(); timesDy() }
}

// product returns what computes y = a·b, of which b repeats.
func (p *planner) product(y, a, b *value) func() {
	if _, run := p.byColumns(products, y, a, b); run != nil {
		return run
	}
	w := newWalk(y, y, a, b)
	i := w.inner()
	return w.over(p.Backend, 0, func(at [walkMost]int, n int) {
		products.line(y.data[at[0]:at[0]+n], a.data[at[1]:], b.data[at[2]:], i.strides[1], i.strides[2])
	})
}
