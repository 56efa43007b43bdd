package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// softmax emits Softmax along any axis. The result lies as x does.
func (p *planner) softmax(u *unit, d *op.Softmax) {
	x := p.activation(children(u.head)[0])
	y := p.out(u.head, x.layout)
	size := y.shape[d.Axis]
	outer, inner := around(y, d.Axis)
	if inner == 1 {
		p.emitInPlace("Softmax", []*value{y}, []*value{x}, []*value{x}, flatRows(p, outer, size, func(row int) {
			softmaxRow(y.data[row*size:(row+1)*size], x.data[row*size:])
		}))
		return
	}
	p.emitInPlace("Softmax", []*value{y}, []*value{x}, []*value{x}, strips(p, outer, size, inner, func(lo, hi, width int) {
		softmaxStrip(y.data[lo:hi], x.data[lo:hi], width, inner)
	}))
}

// strip is how many lines along an axis are computed at a time.
const strip = 16

// strips returns what calls f on all workers for strips of lines that lie side
// by side: of each the first and the last element are in [lo, hi), and inner
// apart from element to element.
func strips(p *planner, outer, size, inner int, f func(lo, hi, width int)) func() {
	across := (inner + strip - 1) / strip
	return flatRows(p, outer*across, size*min(strip, inner), func(i int) {
		first := i % across * strip
		width := min(strip, inner-first)
		lo := i/across*size*inner + first
		f(lo, lo+(size-1)*inner+width, width)
	})
}

func softmaxStrip(y, x []float32, width, inner int) {
	var largest [strip]float32
	var totals [strip]float64
	copy(largest[:width], x)
	for at := inner; at < len(x); at += inner {
		for k, v := range x[at : at+width] {
			largest[k] = max(largest[k], v)
		}
	}
	for at := 0; at < len(x); at += inner {
		for k, v := range x[at : at+width] {
			e := exp32(v - largest[k])
			y[at+k] = e
			totals[k] += float64(e)
		}
	}
	for at := 0; at < len(y); at += inner {
		for k := range width {
			y[at+k] *= float32(1 / totals[k])
		}
	}
}

func softmaxRow(y, x []float32) {
	x = x[:len(y)]
	largest := x[0]
	for _, v := range x {
		largest = max(largest, v)
	}
	total := 0.0
	for j, v := range x {
		e := exp32(v - largest)
		y[j] = e
		total += float64(e)
	}
	scale := float32(1 / total)
	for j := range y {
		y[j] *= scale
	}
}

func (p *planner) softmaxGrad(u *unit, d *op.Softmax, dyNode *G.Node) {
	dx := p.wanted(u.head, 0)
	y := p.activation(u.head)
	dy := p.as(dyNode, y.layout)
	to := p.out(dx, y.layout)
	size := y.shape[d.Axis]
	outer, inner := around(y, d.Axis)
	run := strips(p, outer, size, inner, func(lo, hi, width int) {
		softmaxGradStrip(to.data[lo:hi], dy.data[lo:hi], y.data[lo:hi], width, inner)
	})
	if inner == 1 {
		run = flatRows(p, outer, size, func(row int) {
			softmaxGradRow(to.data[row*size:(row+1)*size], dy.data[row*size:], y.data[row*size:])
		})
	}
	p.emitInPlace("SoftmaxGrad", []*value{to}, []*value{dy, y}, []*value{dy}, run)
	p.settle(dx)
}

func softmaxGradStrip(dx, dy, y []float32, width, inner int) {
	var dots [strip]float64
	for at := 0; at < len(y); at += inner {
		for k, v := range y[at : at+width] {
			dots[k] += float64(v) * float64(dy[at+k])
		}
	}
	for at := 0; at < len(y); at += inner {
		for k, v := range y[at : at+width] {
			dx[at+k] = v * (dy[at+k] - float32(dots[k]))
		}
	}
}

func softmaxGradRow(dx, dy, y []float32) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	dot := 0.0
	for j, g := range dy {
		dot += float64(g) * float64(y[j])
	}
	for j, g := range dy {
		dx[j] = y[j] * (g - float32(dot))
	}
}

// flatRows returns what calls f for each of the rows on all workers.
func flatRows(p *planner, rows, cols int, f func(row int)) func() {
	n := max(1, min(rows, rows*cols/chunk))
	do := func(i int) {
		for row := rows * i / n; row < rows*(i+1)/n; row++ {
			f(row)
		}
	}
	return func() { p.Backend.Parallel(n, do) }
}
