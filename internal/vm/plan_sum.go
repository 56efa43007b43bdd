package vm

import "math"

// sumValue emits factor times the sum of x along the axes that to repeats
// along.
func (p *planner) sumValue(name string, to, x *value, factor float64) {
	if c, ok := columnsOf(x, to); ok {
		p.emit(name, []*value{to}, []*value{x}, func() {
			for i := range c.stack {
				p.Backend.ColumnSums(c.row(to.data, i), c.matrix(x.data, i), c.rows, c.cols)
			}
			times(to.data, float32(factor))
		})
		return
	}
	w := newWalk(x, x, to)
	st := w.inner().strides[1]
	totals := make([]float64, to.size())
	add := w.over(p.Backend, 1, func(at [walkMost]int, n int) {
		line := x.data[at[0] : at[0]+n]
		if st == 0 {
			totals[at[1]] += lineSum(line)
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

// sumProducts emits the sum of a·b, which lie alike, along the axes that to
// repeats along, and reports whether it can.
func (p *planner) sumProducts(name string, to, a, b *value) bool {
	c, ok := columnsOf(a, to)
	if !ok || a.layout != b.layout || a.size() != b.size() || len(a.shape) != len(b.shape) {
		return false
	}
	p.emit(name, []*value{to}, []*value{a, b}, func() {
		for i := range c.stack {
			p.Backend.ColumnDots(c.row(to.data, i), c.matrix(a.data, i), c.matrix(b.data, i), c.rows, c.cols)
		}
	})
	return true
}

// sumSquares emits the sum of x² along the axes that to repeats along, or its
// root.
func (p *planner) sumSquares(name string, to, x *value, root bool) {
	w := newWalk(x, x, to)
	st := w.inner().strides[1]
	c, byColumns := columnsOf(x, to)
	totals := make([]float64, to.size())
	add := w.over(p.Backend, 1, func(at [walkMost]int, n int) {
		for j, v := range x.data[at[0] : at[0]+n] {
			totals[at[1]+j*st] += float64(v) * float64(v)
		}
	})
	p.emit(name, []*value{to}, []*value{x}, func() {
		if byColumns {
			for i := range c.stack {
				p.Backend.ColumnDots(c.row(to.data, i), c.matrix(x.data, i), c.matrix(x.data, i), c.rows, c.cols)
			}
		} else {
			clear(totals)
			add()
			narrow(to.data, totals)
		}
		if root {
			for j, total := range to.data {
				to.data[j] = float32(math.Sqrt(float64(total)))
			}
		}
	})
}

// lineSum returns the sum of x in double precision, in four sums that the
// processor adds at once.
func lineSum(x []float32) float64 {
	var s0, s1, s2, s3 float64
	for ; len(x) >= 4; x = x[4:] {
		s0 += float64(x[0])
		s1 += float64(x[1])
		s2 += float64(x[2])
		s3 += float64(x[3])
	}
	for _, v := range x {
		s0 += float64(v)
	}
	return (s0 + s1) + (s2 + s3)
}

func times(y []float32, factor float32) {
	if factor == 1 {
		return
	}
	for j := range y {
		y[j] *= factor
	}
}
