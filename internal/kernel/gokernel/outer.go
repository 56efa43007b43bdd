package gokernel

import "finetune/internal/kernel"

// outerRows is how many rows of A and B one call sums in registers where the columns
// of A are read for several panels of B: a chunk's of them stay in the first-level
// cache. Where B is one panel they are read once, and more rows make fewer passes over C.
const outerRows, outerRowsOnce = 48, 128

// outerJob computes C = Aᵀ·B, A [k, m] and B [k, n], as a sum of parts of the
// rows. A chunk is some columns of A and some of B in one part.
type outerJob struct {
	a, b      []float32
	sums      []float32 // [parts, m, n].
	m, n, k   int
	blockCols int // Columns of A and
	rangeCols int // of B of a chunk.
	parts     int
}

// widestBlock is how many columns of A a chunk takes at most.
const widestBlock = 192

// shortRow is up to how many columns of B all of them make a chunk's, where it copies its
// columns of A.
const shortRow = 320

// fewChunks is how many chunks of one part are too few for the threads.
const fewChunks = 8

// outerProduct computes c = aᵀ·b, a [k, m], b [k, n], c [m, n].
func (b *Backend) outerProduct(c, a, bb []float32, m, n, k int) {
	if m == 0 || n == 0 {
		return
	}
	j := &b.jobs.outer
	j.a, j.b, j.m, j.n, j.k = a, bb, m, n, k
	j.parts = outerParts(m, n, k)
	var narrowest int
	j.blockCols, narrowest = b.isa.outerBlock(m, n)
	j.rangeCols = b.isa.fairColumns(n, j.parts*j.blocks(), fairParts, narrowest)
	if j.parts*j.blocks()*j.ranges()%2 == 1 {
		j.rangeCols = b.isa.evenColumns(n, j.ranges())
	}
	j.sums = b.partials(c, j.parts)
	b.workers.run(j, j.parts*j.blocks()*j.ranges())
	b.combine(c, j.sums, j.parts)
	j.release()
}

// outerBlock returns how many columns of A a chunk takes, and how many panels of B at least.
func (t *tiling) outerBlock(m, n int) (cols, narrowest int) {
	widest, narrowest := widestBlock, 2
	switch copies := conflicts(m, t.outerSets) && n >= manyColumns; { // Each chunk its columns of A.
	case copies && n <= shortRow:
		widest, narrowest = t.copiedBlock, shortRow/t.panel
	case copies:
		widest, narrowest = 128, 8
	}
	return evenly(m, (m+widest-1)/widest, t.rows), narrowest
}

// outerParts returns into how many parts the rows of an outer product are cut.
func outerParts(m, n, k int) int {
	t := &sumTiling
	cols, narrowest := t.outerBlock(m, n)
	blocks := (m + cols - 1) / cols
	longest := 1024
	if blocks*(t.padded(n)/t.panel/narrowest) < fewChunks {
		longest = 512
	}
	return partCount((k+longest-1)/longest, blocks, m*n)
}

// release forgets the operands.
func (j *outerJob) release() { j.a, j.b, j.sums = nil, nil, nil }

func (j *outerJob) blocks() int { return (j.m + j.blockCols - 1) / j.blockCols }
func (j *outerJob) ranges() int { return (j.n + j.rangeCols - 1) / j.rangeCols }

func (j *outerJob) chunk(w *worker, i int) {
	q := i % j.ranges() * j.rangeCols
	i /= j.ranges()
	part, col := i/j.blocks(), i%j.blocks()*j.blockCols
	m, n := min(j.blockCols, j.m-col), min(j.rangeCols, j.n-q)
	if j.k == 0 {
		clearRows(j.sums[(part*j.m+col)*j.n+q:], m, n, j.n)
	}
	j.add(w, part, col, m, q, n, j.k*part/j.parts, j.k*(part+1)/j.parts, true)
}

// add adds the products of rows [first, end), of m columns of A from col on and n of B from
// q on, to those of a part; or puts them there if they are fresh.
func (j *outerJob) add(w *worker, part, col, m, q, n, first, end int, fresh bool) {
	c := j.sums[(part*j.m+col)*j.n+q:][:(m-1)*j.n+n]
	rows := outerRows
	if j.n <= sumTiling.panel {
		rows = outerRowsOnce
	}
	pieces := max((end-first+rows/2)/rows, min(1, end-first))
	for piece := range pieces {
		row, next := first+(end-first)*piece/pieces, first+(end-first)*(piece+1)/pieces
		o := outerSum{
			c: c, ldc: j.n, m: m, n: n,
			a: j.a[row*j.m+col:], stepA: j.m,
			b: j.b[row*j.n+q:], stepB: j.n,
			k: next - row, segments: 1, fresh: fresh && piece == 0,
		}
		if next+o.k <= end {
			o.aheadA, o.aheadB = o.k*j.m, o.k*j.n
		}
		slack := j.m-col >= w.isa.rows
		if conflicts(o.stepA, w.isa.outerSets) && n >= manyColumns {
			o.a, o.stepA, o.aheadA = w.padRows(&w.left, o.a, o.k, m, j.m), w.isa.padded(m), 0
			slack = true
		}
		w.addOuter(o, slack)
	}
}

// clearRows sets rows of n floats, step apart, to zero.
func clearRows(c []float32, rows, n, step int) {
	for r := range rows {
		clear(c[r*step:][:n])
	}
}

// An outerSum is C [m, n] += Σ over p of a[p·stepA+·]·b[p·stepB+·], with the
// segments of an [outer].
type outerSum struct {
	a, b, c      []float32
	ldc, m, n    int
	stepA, stepB int
	k, segments  int
	gapA         int
	fresh        bool // C is not read.
	// How far on in a and b the next call begins, or zero at their end: to
	// prefetch what is not there is slow.
	aheadA, aheadB int
}

// spreadCols is how many columns of B are copied at once where its rows conflict.
const spreadCols = 128

// addOuter adds s. A loop that does not take any number of rows reads a whole
// tile's columns of a: slack says that they are there even if m is smaller.
func (w *worker) addOuter(s outerSum, slack bool) {
	if !w.isa.anyOuter && s.n%8 != 0 {
		s.b = w.padRows(&w.right, s.b, s.k*s.segments, s.n, s.stepB)
		s.stepB = w.isa.padded(s.n)
	}
	if !w.isa.anyOuter && s.m < w.isa.rows && !slack {
		s.a = w.padRows(&w.left, s.a, s.k, s.m, s.stepA)
		s.stepA = w.isa.padded(s.m)
	}
	o := &w.outer
	o.stepA, o.stepB, o.k, o.segments, o.gapA = s.stepA, s.stepB, s.k, s.segments, s.gapA
	o.aheadA, o.aheadB, o.fresh = s.aheadA, s.aheadB, s.fresh
	var spread []float32
	for q := 0; q < s.n; q += w.isa.panel {
		o.b = s.b[q:]
		o.columns = min(w.isa.panel, s.n-q)
		if conflicts(s.stepB, w.isa.outerSets) && s.m >= 4*w.isa.rows {
			if q%spreadCols == 0 {
				columns := min(spreadCols, s.n-q)
				spread = w.padRows(&w.panel, o.b, s.k*s.segments, columns, s.stepB)
				o.stepB, o.aheadB = w.isa.padded(columns), 0
			}
			o.b = spread[q%spreadCols:]
		}
		for r := 0; r < s.m; {
			run, count := w.isa.outer(s.m-r, o.columns)
			if run == nil {
				w.addOuterEdge(&s, r, q)
				r += w.isa.rows
				continue
			}
			o.a, o.c, o.ldc = s.a[r:], s.c[r*s.ldc+q:], s.ldc
			run(o)
			r += count
		}
	}
}

// addOuterEdge adds the rows from r on, fewer than a tile's, or its columns from
// q on, by way of the worker's edge buffer.
func (w *worker) addOuterEdge(s *outerSum, r, q int) {
	o := &w.outer
	run, _ := w.isa.outer(w.isa.rows, o.columns)
	if run == nil {
		run, _ = w.isa.outer(w.isa.rows, w.isa.panel)
	}
	first := max(0, min(r, s.m-w.isa.rows))
	o.a, o.c, o.ldc = s.a[first:], w.edge[:], w.isa.panel
	o.fresh = true
	run(o)
	o.fresh = s.fresh
	for i := r; i < min(s.m, r+w.isa.rows); i++ {
		c := s.c[i*s.ldc+q:][:o.columns]
		if edge := w.edge[(i-first)*w.isa.panel:]; s.fresh {
			copy(c, edge)
		} else {
			addPlain(c, c, edge)
		}
	}
}

// padRows copies rows of n floats to whole panels.
func (w *worker) padRows(s *scratch[float32], src []float32, rows, n, step int) []float32 {
	width := w.isa.padded(n)
	dst := s.get(rows * width)
	packRows(dst, src, width, n, step)
	return dst
}

// partCount returns into how many parts to cut a sum of at most limit terms,
// where each part has its own copy of the result and blocks chunks.
func partCount(limit, blocks, size int) int {
	const wanted, memory = 32, 1 << 18
	return max(1, min(limit, (wanted+blocks-1)/blocks, memory/size))
}

// partials returns memory for the sums of all parts: dst itself if there is
// one part.
func (b *Backend) partials(dst []float32, parts int) []float32 {
	return partialsIn(&b.parts, dst, parts)
}

// partialsIn is partials in other memory.
func partialsIn(memory *scratch[float32], dst []float32, parts int) []float32 {
	if parts == 1 {
		return dst
	}
	return memory.get(parts * len(dst))
}

// combineJob adds the parts of a sum in a fixed tree. A chunk is a range of
// the result.
type combineJob struct {
	dst, parts []float32
	count      int
}

const combineChunk = 4096

// combine sets dst to the sum of the parts, which it destroys.
func (b *Backend) combine(dst, parts []float32, count int) {
	if count == 1 {
		return
	}
	j := &b.jobs.combine
	j.dst, j.parts, j.count = dst, parts, count
	b.workers.run(j, (len(dst)+combineChunk-1)/combineChunk)
	j.dst, j.parts = nil, nil
}

func (j *combineJob) chunk(w *worker, i int) {
	n := len(j.dst)
	lo, hi := i*combineChunk, min((i+1)*combineChunk, n)
	for gap := 1; gap < j.count; gap *= 2 {
		for p := 0; p+gap < j.count; p += 2 * gap {
			to := j.parts[p*n+lo : p*n+hi]
			w.isa.add(to, to, j.parts[(p+gap)*n+lo:(p+gap)*n+hi])
		}
	}
	copy(j.dst[lo:hi], j.parts[lo:hi])
}

// addRow adds a row to every row of y [rows, len(row)].
func (b *Backend) addRow(y, row []float32, rows, cols int) {
	ones := b.bias.get(cols)
	for i := range ones {
		ones[i] = 1
	}
	b.Affine(y, y, ones, row, nil, rows, cols, kernel.Activation{})
}
