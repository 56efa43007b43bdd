package gokernel

import "finetune/internal/kernel"

// productJob multiplies a matrix A [m, k] with rows lda apart by packed B.
// A chunk is some rows and some columns of C [m, n].
type productJob struct {
	product
	a, c, residual []float32
	panels, bias   []float32
	m, lda         int
	chunkRows      int
	chunkCols      int
	after          *gradFinish // Nil if nothing follows.
	apart          bool        // A chunk is computed in memory of the worker's.
}

// MatMul implements kernel.Backend.
func (b *Backend) MatMul(c, a, bb, bias []float32, m, n, k int, transA, transB bool) {
	check("MatMul", "c", len(c), m*n)
	check("MatMul", "a", len(a), m*k)
	check("MatMul", "b", len(bb), k*n)
	checkOptional("MatMul", "bias", bias, n)
	switch {
	case transA && transB:
		t := b.transposed.get(m * k)
		transpose(t, a, k, m)
		b.rowsProduct(c, t, bb, nil, bias, nil, m, n, k, true, kernel.Activation{}, nil)
	case transA:
		b.outerProduct(c, a, bb, m, n, k)
		if bias != nil {
			b.addRow(c, bias, m, n)
		}
	default:
		b.rowsProduct(c, a, bb, nil, bias, nil, m, n, k, transB, kernel.Activation{}, nil)
	}
}

// rowsProduct computes c = act(a·op(b·scale) + bias + residual), c [m, n], a [m, k], and
// finishes it if finish is not nil. scale, of the columns of b as it is stored, may be nil.
func (b *Backend) rowsProduct(c, a, bb, scale, bias, residual []float32, m, n, k int, transB bool, act kernel.Activation, finish *gradFinish) {
	if m == 0 || n == 0 {
		return
	}
	j := &b.jobs.product
	b.prepareRows(j, c, a, bb, scale, bias, residual, m, n, k, transB, act, finish)
	by := &b.isa.tiling
	if finish != nil { // Its sums are added chunk by chunk.
		by = &sumTiling
	}
	j.chunkRows = by.productRows(m, n, k)
	j.chunkCols = b.isa.productColumns(m, n, k, j.chunkRows)
	if j.apart {
		j.chunkRows = min(j.chunkRows, max(patchSize/n/by.rows, 1)*by.rows)
	}
	finish.begin(b, j.rowChunks())
	b.workers.run(j, j.rowChunks()*j.colChunks())
	finish.end(b)
	j.release()
}

// prepareRows makes j a rowsProduct but for its chunks, and packs b.
func (b *Backend) prepareRows(j *productJob, c, a, bb, scale, bias, residual []float32, m, n, k int, transB bool, act kernel.Activation, finish *gradFinish) {
	j.init(b.isa, n, k, act)
	if k > 0 {
		j.blocks = appendRun(j.blocks, 0, 0, k)
	}
	j.panels = b.panels.get(b.isa.padded(n) * k)
	step := n
	if transB {
		step = k
	}
	b.packWeights(&j.product, j.panels, bb, scale, 0, k, step, transB)
	if j.after = finish; finish == nil {
		j.setStream(b, c)
	}
	j.bias = b.paddedBias(bias, n)
	j.a, j.c, j.residual, j.m, j.lda = a, c, residual, m, k
	j.apart = residual == nil && finish.apart(b, c)
}

// release forgets the operands.
func (j *productJob) release() { j.a, j.c, j.residual, j.after = nil, nil, nil, nil }

// productRows returns how many rows of C make a chunk: as many as fill a quarter of a
// second-level cache with a block of A, in chunks of one size.
func (t *tiling) productRows(m, n, k int) int {
	if t.isFew(m, k) {
		return t.columnRows(m, n)
	}
	rows := min(max(1<<15/max(min(k, longestStretch), 1), 48), 768) / t.rows * t.rows
	if m <= 4*rows {
		rows = max(t.rows, min(rows, roundUp(m/8, t.rows)))
	}
	return evenly(m, (m+rows-1)/rows, t.rows)
}

// productColumns returns how many columns of C make a chunk of so many rows: fewer where
// rows are few.
func (t *tiling) productColumns(m, n, k, rows int) int {
	narrowest := 2
	switch {
	case t.isFew(m, k):
		return t.fairColumns(n, 1, fairParts, 1)
	case conflicts(k, 1): // Each chunk copies its rows of A.
		narrowest = 8
	}
	return t.fairColumns(n, (m+rows-1)/rows, fairChunks, narrowest)
}

// isFew reports whether C has so few rows that a chunk takes all of them and some panels, so
// that one thread alone reads a panel from memory, once.
func (t *tiling) isFew(m, k int) bool { return m <= 8*t.rows || m <= fewRows && !conflicts(k, 1) }

// columnRows returns the rows of such a chunk: half of them or fewer if so few panels do not
// make enough chunks.
func (t *tiling) columnRows(m, n int) int {
	cols := t.fairColumns(n, 1, fairParts, 1)
	pieces := (n + cols - 1) / cols
	return evenly(m, (enoughChunks+pieces-1)/pieces, t.rows)
}

// fewRows is how many rows of C go through a panel while it is in a first-level cache, and
// A stays in a second-level one; enoughChunks of them keep a few threads busy. The number
// cannot follow that of the threads: gradients are summed chunk by chunk, and have to have
// the same bytes at any.
const fewRows, enoughChunks = 256, 10

// fairChunks and fairParts are how many chunks of a product, and of one of few rows or
// an outer product, keep threads that take them in turn from waiting long for the last one.
const fairChunks, fairParts = 32, 16

// fairColumns returns how many of n columns a chunk takes, narrowest panels at
// least, to have as many chunks as wanted where the rows make fewer.
func (t *tiling) fairColumns(n, chunks, wanted, narrowest int) int {
	pieces := min((wanted+chunks-1)/chunks, t.padded(n)/t.panel/narrowest)
	return evenly(n, max(1, pieces), t.panel)
}

// evenColumns returns how many of n columns a chunk takes so that there are more than some
// pieces, an even number that two threads can share; or as many as make the pieces if there
// is none below twice as many.
func (t *tiling) evenColumns(n, pieces int) int {
	for p := pieces + 1; p < 2*pieces; p++ {
		if cols := evenly(n, p, t.panel); (n+cols-1)/cols%2 == 0 {
			return cols
		}
	}
	return evenly(n, pieces, t.panel)
}

// evenly returns the size, a multiple of unit, of pieces that make up n together.
func evenly(n, pieces, unit int) int { return roundUp((n+pieces-1)/pieces, unit) }

func (j *productJob) rowChunks() int { return (j.m + j.chunkRows - 1) / j.chunkRows }
func (j *productJob) colChunks() int { return (j.n + j.chunkCols - 1) / j.chunkCols }

func (j *productJob) chunk(w *worker, i int) {
	r := i / j.colChunks() * j.chunkRows
	col := i % j.colChunks() * j.chunkCols
	count := min(j.chunkRows, j.m-r)
	c, begin := j.c, r
	if j.apart {
		c, begin = w.beside.get(count*j.n), 0
	}
	rows, outs := w.tileOffsets(count)
	a, first, lda := j.a, r, j.lda
	ahead := w.isa.rows * lda
	if conflicts(lda, 1) && j.n >= manyColumns {
		a, lda = w.spread(a[r*lda:(r+count)*lda], lda), lda+cacheLine
		first, ahead = 0, cacheLine
	}
	for i := range rows {
		at := min(i, count-1)
		rows[i], outs[i] = (first+at)*lda, (begin+at)*j.n
	}
	end := min(col+j.chunkCols, j.n)
	j.multiply(w, operand{
		c: c, residual: j.residual, a: a,
		panels: j.panels, bias: j.bias, rows: rows, outs: outs, ahead: ahead,
	}, col, end)
	if j.apart {
		j.after.finishFrom(w, c[col:], j.n, j.c, i/j.colChunks(), r*j.n, count, col, end)
		return
	}
	j.after.finish(w, j.c, i/j.colChunks(), r*j.n, count, col, end)
}

// manyColumns is how many columns of C pay for a copy of A.
const manyColumns = 64

// conflicts reports whether rows so many floats apart all lie in a number of sets
// of a first-level cache, of 4 KiB a way, which then holds few of the rows.
func conflicts(step, sets int) bool { return step*sets%1024 == 0 }

// spread returns a copy of the rows of a, lda apart, that has them a cache line
// further apart.
func (w *worker) spread(a []float32, lda int) []float32 {
	wide := lda + cacheLine
	rows := len(a) / lda
	s := w.left.get(rows * wide)
	for r := range rows {
		copy(s[r*wide:], a[r*lda:(r+1)*lda])
	}
	return s
}

// tileOffsets returns memory for the offsets of count rows, in whole tiles.
func (w *worker) tileOffsets(count int) (rows, outs []int) {
	n := roundUp(count, w.isa.rows)
	return w.rows.get(n), w.outs.get(n)
}

// paddedBias returns bias in whole panels, or nil if it is nil.
func (b *Backend) paddedBias(bias []float32, n int) []float32 {
	if bias == nil {
		return nil
	}
	p := b.bias.get(b.isa.padded(n))
	clear(p[copy(p, bias):])
	return p
}

// transpose copies src [rows, cols] to dst [cols, rows].
func transpose(dst, src []float32, rows, cols int) {
	for r := range rows {
		for c, v := range src[r*cols : (r+1)*cols] {
			dst[c*rows+r] = v
		}
	}
}
