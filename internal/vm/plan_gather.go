package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// A run is a number of slices along an axis that are copied together.
type run struct{ to, from, count int }

// runs joins neighbours.
func runs(indices []int) []run {
	var list []run
	for k, i := range indices {
		if n := len(list); n > 0 && list[n-1].from+list[n-1].count == i {
			list[n-1].count++
			continue
		}
		list = append(list, run{k, i, 1})
	}
	return list
}

// around returns the elements outside and inside of an axis of v as it lies.
func around(v *value, axis int) (outer, inner int) {
	inner = v.stride(axis)
	return v.size() / (inner * v.shape[axis]), inner
}

// gather emits copies of slices along an axis. Neighbours along the outermost one
// are a part of x, and no copy.
func (p *planner) gather(u *unit, d *op.Gather) {
	x := p.activation(children(u.head)[0])
	outer, inner := around(x, d.Axis)
	list := runs(d.Indices)
	if outer == 1 && len(list) == 1 {
		p.values[u.head] = x.part(u.head.Shape(), x.layout, list[0].from*inner)
		return
	}
	y := p.out(u.head, x.layout)
	from, to := x.shape[d.Axis]*inner, y.shape[d.Axis]*inner
	p.emit("Gather", []*value{y}, []*value{x}, flatRows(p, outer, to, func(o int) {
		src, dst := x.data[o*from:(o+1)*from], y.data[o*to:(o+1)*to]
		for _, r := range list {
			copy(dst[r.to*inner:(r.to+r.count)*inner], src[r.from*inner:])
		}
	}))
}

// activation returns the value of n, logical unless it is NHWC.
func (p *planner) activation(n *G.Node) *value {
	if v := p.values[n]; v.layout == nhwc {
		return v
	}
	return p.as(n, logical)
}

func (p *planner) gatherGrad(u *unit, d *op.Gather, dyNode *G.Node) {
	dx := p.wanted(u.head, 0)
	if whole := p.joined[dx]; whole != nil {
		p.joinGrad(u, d, whole, dx, dyNode)
		return
	}
	dy := p.activation(dyNode)
	to := p.out(dx, dy.layout)
	outer, inner := around(dy, d.Axis)
	from, into := dy.shape[d.Axis]*inner, to.shape[d.Axis]*inner
	list := runs(d.Indices)
	p.emit("GatherGrad", []*value{to}, []*value{dy}, flatRows(p, outer, into, func(o int) {
		src, dst := dy.data[o*from:(o+1)*from], to.data[o*into:(o+1)*into]
		clear(dst)
		for _, r := range list {
			part := dst[r.from*inner : (r.from+r.count)*inner]
			for j, g := range src[r.to*inner : (r.to+r.count)*inner] {
				part[j] += g
			}
		}
	}))
	p.settle(dx)
}

// join emits the concatenation along any axis.
func (p *planner) join(u *unit, d *op.Concat) {
	in := children(u.head)
	l := logical
	for _, n := range in {
		if p.values[n].layout == nhwc {
			l = nhwc
		}
	}
	y := p.out(u.head, l)
	outer, inner := around(y, d.Axis)
	to := y.shape[d.Axis] * inner
	var parts []*value
	for _, n := range in {
		parts = append(parts, p.as(n, l))
	}
	p.emit("Concat", []*value{y}, parts, flatRows(p, outer, to, func(o int) {
		dst := y.data[o*to : (o+1)*to]
		for _, x := range parts {
			size := x.shape[d.Axis] * inner
			copy(dst[:size], x.data[o*size:])
			dst = dst[size:]
		}
	}))
}

func (p *planner) joinedGrad(u *unit, d *op.Concat, dyNode *G.Node) {
	dy := p.activation(dyNode)
	outer, inner := around(dy, d.Axis)
	whole, at := dy.shape[d.Axis]*inner, 0
	for i, n := range children(u.head) {
		size, from := n.Shape()[d.Axis]*inner, at
		at += size
		dx := p.wanted(u.head, i)
		if dx == nil {
			continue
		}
		to := p.out(dx, dy.layout)
		p.emit("ConcatGrad", []*value{to}, []*value{dy}, flatRows(p, outer, size, func(o int) {
			copy(to.data[o*size:(o+1)*size], dy.data[o*whole+from:])
		}))
		p.settle(dx)
	}
}
