package gokernel

import (
	"math"

	"finetune/internal/kernel"
)

// columnsJob sums columns over rows. A chunk adds its rows to sums of its own,
// which combine then adds in a fixed tree.
type columnsJob struct {
	run        func(j *columnsJob, w *worker, sums []float32, lo, hi int)
	a, b, c, d []float32
	zeros      []float32
	sums       []float32 // [chunks, width].
	width      int
	rows, cols int
	act        kernel.Activation
}

// sumColumns runs j over all rows and leaves the totals, [j.width], in dst.
func (b *Backend) sumColumns(j *columnsJob, dst []float32) {
	j.width = len(dst)
	each := chunkOfRows(j.cols)
	chunks := max(1, (j.rows+each-1)/each)
	j.sums = b.partials(dst, chunks)
	b.workers.run(j, chunks)
	b.combine(dst, j.sums, chunks)
	*j = columnsJob{}
}

func (j *columnsJob) chunk(w *worker, i int) {
	sums := j.sums[i*j.width : (i+1)*j.width]
	clear(sums)
	each := chunkOfRows(j.cols)
	j.run(j, w, sums, i*each*j.cols, min((i+1)*each, j.rows)*j.cols)
}

// ColumnSums implements kernel.Backend.
func (b *Backend) ColumnSums(sums, x []float32, rows, cols int) {
	check("ColumnSums", "sums", len(sums), cols)
	check("ColumnSums", "x", len(x), rows*cols)
	if cols == 0 {
		return
	}
	j := &b.jobs.columns
	*j = columnsJob{run: runColumnSums, a: x, rows: rows, cols: cols}
	b.sumColumns(j, sums)
}

func runColumnSums(j *columnsJob, w *worker, sums []float32, lo, hi int) {
	w.isa.columnSums(sums, j.a[lo:hi], (hi-lo)/j.cols)
}

// ColumnDots implements kernel.Backend.
func (b *Backend) ColumnDots(dots, x, y []float32, rows, cols int) {
	check("ColumnDots", "dots", len(dots), cols)
	check("ColumnDots", "a", len(x), rows*cols)
	check("ColumnDots", "b", len(y), rows*cols)
	if cols == 0 {
		return
	}
	j := &b.jobs.columns
	*j = columnsJob{run: runColumnDots, a: x, b: y, rows: rows, cols: cols}
	b.sumColumns(j, dots)
}

func runColumnDots(j *columnsJob, w *worker, sums []float32, lo, hi int) {
	w.isa.columnDots(sums, j.a[lo:hi], j.b[lo:hi], (hi-lo)/j.cols)
}

// ScaleDots implements kernel.Backend.
func (b *Backend) ScaleDots(y, dots, a, bb, scale []float32, rows, cols int) {
	check("ScaleDots", "y", len(y), rows*cols)
	check("ScaleDots", "dots", len(dots), cols)
	check("ScaleDots", "a", len(a), rows*cols)
	check("ScaleDots", "b", len(bb), rows*cols)
	check("ScaleDots", "scale", len(scale), cols)
	if cols == 0 {
		return
	}
	zeros := b.bias.get(cols)
	clear(zeros)
	j := &b.jobs.columns
	*j = columnsJob{run: runScaleDots, a: a, b: bb, c: y, d: scale, zeros: zeros, rows: rows, cols: cols}
	b.sumColumns(j, dots)
}

func runScaleDots(j *columnsJob, w *worker, sums []float32, lo, hi int) {
	runColumnDots(j, w, sums, lo, hi)
	least, most := float32(math.Inf(-1)), float32(math.Inf(1))
	w.isa.affine(j.c[lo:hi], j.a[lo:hi], j.d, j.zeros, nil, (hi-lo)/j.cols, least, most)
}

// ActivateGradSums implements kernel.Backend.
func (b *Backend) ActivateGradSums(dx, sums, dy, x, y []float32, rows, cols int, act kernel.Activation) {
	check("ActivateGradSums", "dx", len(dx), rows*cols)
	check("ActivateGradSums", "sums", len(sums), cols)
	from := activateGradSource("ActivateGradSums", dx, dy, x, y, act)
	if cols == 0 {
		return
	}
	j := &b.jobs.columns
	*j = columnsJob{run: runActivateGradSums, a: dx, b: dy, c: from, rows: rows, cols: cols, act: act}
	b.sumColumns(j, sums)
}

func runActivateGradSums(j *columnsJob, w *worker, sums []float32, lo, hi int) {
	dx, dy, from := j.a[lo:hi], j.b[lo:hi], j.c[lo:hi]
	if j.act.Kind == kernel.Clip {
		w.isa.clipGradSums(dx, sums, dy, from, (hi-lo)/j.cols, j.act.Alpha, j.act.Beta)
		return
	}
	w.isa.activateGrad(dx, dy, from, j.act)
	w.isa.columnSums(sums, dx, (hi-lo)/j.cols)
}

// clipGradSumsPlain is clipGradPlain, and adds the columns of dx to sums.
func clipGradSumsPlain(dx, sums, dy, y []float32, rows int, lo, hi float32) {
	clipGradPlain(dx, dy, y, lo, hi)
	columnSumsPlain(sums, dx, rows)
}

// columnSumsPlain adds the columns of x [rows, len(sums)] to sums.
func columnSumsPlain(sums, x []float32, rows int) {
	cols := len(sums)
	for r := range rows {
		for c, v := range x[r*cols : (r+1)*cols] {
			sums[c] += v
		}
	}
}

// columnDotsPlain adds the columns of a·b [rows, len(dots)] to dots.
func columnDotsPlain(dots, a, b []float32, rows int) {
	cols := len(dots)
	for r := range rows {
		b := b[r*cols : (r+1)*cols]
		for c, v := range a[r*cols : (r+1)*cols] {
			dots[c] += v * b[c]
		}
	}
}
