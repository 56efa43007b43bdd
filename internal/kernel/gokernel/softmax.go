package gokernel

import "finetune/internal/kernel"

// longestRow is the number of floats up to which the loops of an instruction set
// sum a row; beyond it their single precision would tell.
const longestRow = 4096

// strip is how many lines that lie side by side are computed at a time.
const strip = 128

// softmaxJob computes Softmax, or its gradient, along the middle axis of [outer,
// size, inner]. A chunk is some rows, or some strips of lines side by side.
type softmaxJob struct {
	y, x               []float32
	dy                 []float32 // Of the gradient, whose dx is y; else nil.
	outer, size, inner int
	across, each       int // Strips inside of one outer index, and units of a chunk.
}

// Softmax implements kernel.Backend.
func (b *Backend) Softmax(y, x []float32, outer, size, inner int) {
	check("Softmax", "y", len(y), outer*size*inner)
	check("Softmax", "x", len(x), outer*size*inner)
	b.runSoftmax(softmaxJob{y: y, x: x, outer: outer, size: size, inner: inner})
}

// SoftmaxGrad implements kernel.Backend.
func (b *Backend) SoftmaxGrad(dx, dy, y []float32, outer, size, inner int) {
	check("SoftmaxGrad", "dx", len(dx), outer*size*inner)
	check("SoftmaxGrad", "dy", len(dy), outer*size*inner)
	check("SoftmaxGrad", "y", len(y), outer*size*inner)
	b.runSoftmax(softmaxJob{y: dx, dy: dy, x: y, outer: outer, size: size, inner: inner})
}

func (b *Backend) runSoftmax(job softmaxJob) {
	if len(job.y) == 0 {
		return
	}
	j := &b.jobs.softmax
	*j = job
	j.across = (j.inner + strip - 1) / strip
	j.each = max(1, rowsChunk/(j.size*min(j.inner, strip)))
	b.workers.run(j, (j.units()+j.each-1)/j.each)
	*j = softmaxJob{}
}

func (j *softmaxJob) units() int { return j.outer * j.across }

func (j *softmaxJob) chunk(w *worker, i int) {
	for u := i * j.each; u < min((i+1)*j.each, j.units()); u++ {
		first := u % j.across * strip
		width := min(strip, j.inner-first)
		lo := u/j.across*j.size*j.inner + first
		hi := lo + (j.size-1)*j.inner + width
		switch {
		case j.inner == 1 && j.dy == nil:
			softmaxOf(w.isa, j.size)(j.y[lo:hi], j.x[lo:hi])
		case j.inner == 1:
			softmaxGradOf(w.isa, j.size)(j.y[lo:hi], j.dy[lo:hi], j.x[lo:hi])
		case j.dy == nil:
			softmaxStrip(w, j.y[lo:hi], j.x[lo:hi], width, j.inner)
		default:
			softmaxGradStrip(j.y[lo:hi], j.dy[lo:hi], j.x[lo:hi], width, j.inner)
		}
	}
}

func softmaxOf(i *isa, size int) func(y, x []float32) {
	if size > longestRow {
		return softmaxPlain
	}
	return i.softmax
}

func softmaxGradOf(i *isa, size int) func(dx, dy, y []float32) {
	if size > longestRow {
		return softmaxGradPlain
	}
	return i.softmaxGrad
}

// softmaxPlain computes y = exp(x)/Σ exp(x) of a row. y may be x.
func softmaxPlain(y, x []float32) {
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

// softmaxGradPlain computes dx = y·(dy − Σ dy·y) of a row. dx may be dy.
func softmaxGradPlain(dx, dy, y []float32) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	dot := 0.0
	for j, d := range dy {
		dot += float64(d) * float64(y[j])
	}
	for j, d := range dy {
		dx[j] = y[j] * (d - float32(dot))
	}
}

// softmaxStrip is softmaxPlain for width lines side by side, whose elements lie
// inner apart.
func softmaxStrip(w *worker, y, x []float32, width, inner int) {
	largest := w.sums.get(strip)[:width]
	var totals [strip]float64
	exp := w.isa.functions[kernel.Exp].value
	copy(largest, x)
	for at := inner; at < len(x); at += inner {
		for k, v := range x[at : at+width] {
			largest[k] = max(largest[k], v)
		}
	}
	for at := 0; at < len(x); at += inner {
		line := y[at : at+width]
		for k, v := range x[at : at+width] {
			line[k] = v - largest[k]
		}
		exp(line, line)
		for k, e := range line {
			totals[k] += float64(e)
		}
	}
	scales := largest
	for k, total := range totals[:width] {
		scales[k] = float32(1 / total)
	}
	for at := 0; at < len(y); at += inner {
		w.isa.mul(y[at:at+width], y[at:at+width], scales)
	}
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
