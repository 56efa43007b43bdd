package vm

import (
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// softmax emits Softmax along the last axis; others take the plain way.
func (p *planner) softmax(u *unit, d *op.Softmax) {
	if d.Axis != len(u.head.Shape())-1 {
		p.plain(u)
		return
	}
	x := p.as(children(u.head)[0], logical)
	y := p.out(u.head, logical)
	cols := y.shape[d.Axis]
	p.emitInPlace("Softmax", []*value{y}, []*value{x}, []*value{x}, flatRows(p, y.size()/cols, cols, func(row int) {
		softmaxRow(y.data[row*cols:(row+1)*cols], x.data[row*cols:])
	}))
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
	if d.Axis != len(u.head.Shape())-1 {
		p.plainGrad(u, dyNode)
		return
	}
	dx := p.wanted(u.head, 0)
	y, dy := p.as(u.head, logical), p.as(dyNode, logical)
	to := p.out(dx, logical)
	cols := y.shape[d.Axis]
	p.emitInPlace("SoftmaxGrad", []*value{to}, []*value{dy, y}, []*value{dy}, flatRows(p, y.size()/cols, cols, func(row int) {
		softmaxGradRow(to.data[row*cols:(row+1)*cols], dy.data[row*cols:], y.data[row*cols:])
	}))
	p.settle(dx)
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
