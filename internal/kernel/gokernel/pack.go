package gokernel

// A packJob copies rows first to first+count of B into panels. Row i, column j of
// them is src[i·step+j]·scale[j] or, transposed, src[i+j·step]·scale[i].
//
// A chunk is some rows, so that memory is read in its own order, or, transposed, a
// panel of a block of the sums.
type packJob struct {
	product
	panels, src, scale []float32 // No scale if that is nil.
	first, count       int
	step               int
	transposed         bool
}

// sharedPack is the number of weights from which on it pays to share their packing,
// and of those of a chunk of rows: fewer take a microsecond or two.
const sharedPack = 1 << 13

// packWeights does a packJob for p.
func (b *Backend) packWeights(p *product, panels, src, scale []float32, first, count, step int, transposed bool) {
	j := &b.jobs.pack
	*j = packJob{product: *p, panels: panels, src: src, scale: scale, first: first, count: count, step: step, transposed: transposed}
	if count*j.n >= sharedPack {
		b.workers.run(j, j.chunks())
	} else {
		j.all(b.workers.all[0])
	}
	*j = packJob{}
}

// all does all of it on one worker.
func (j *packJob) all(w *worker) {
	for i := range j.chunks() {
		j.chunk(w, i)
	}
}

func (j *packJob) chunks() int {
	if !j.transposed {
		return (j.count + j.chunkRows() - 1) / j.chunkRows()
	}
	return len(j.blocks) * roundUp(j.n, j.panel) / j.panel
}

func (j *packJob) chunkRows() int { return (sharedPack + j.n - 1) / j.n }

func (j *packJob) chunk(w *worker, i int) {
	if !j.transposed {
		row := j.first + i*j.chunkRows()
		j.copyRows(w, row, min(row+j.chunkRows(), j.first+j.count))
		return
	}
	blk, column := j.blocks[i%len(j.blocks)], i/len(j.blocks)*j.panel
	columns := min(j.panel, j.n-column)
	lo, hi := max(j.first, blk.first), min(j.first+j.count, blk.first+blk.height())
	if lo >= hi {
		return
	}
	to := j.panels[j.at(blk, lo, column):][:(hi-lo)*j.panel]
	from, step := j.src[lo-j.first+column*j.step:], j.step
	if j.scale != nil {
		from, step = j.scaled(w, from, lo-j.first, hi-lo, columns), hi-lo
	}
	if columns < j.panel {
		clear(to)
	}
	w.isa.transpose(to, from, columns, hi-lo, j.panel, step)
}

// at returns where the element of a row, of a block, and a column is in the panels.
func (j *packJob) at(blk block, row, column int) int {
	return blk.first*roundUp(j.n, j.panel) + column*blk.height() + (row-blk.first)*j.panel
}

// scaled returns columns of B, which are rows of src, times scale: n elements of each.
func (j *packJob) scaled(w *worker, src []float32, first, n, columns int) []float32 {
	dst := w.left.get(columns * n)
	for c := range columns {
		w.isa.mul(dst[c*n:][:n], src[c*j.step:][:n], j.scale[first:][:n])
	}
	return dst
}

// copyRows copies the rows from lo to hi.
func (j *packJob) copyRows(w *worker, lo, hi int) {
	for _, blk := range j.blocks {
		if from, to := max(lo, blk.first), min(hi, blk.first+blk.height()); from < to {
			w.isa.panels(j.panels[j.at(blk, from, 0):], j.src[(from-j.first)*j.step:], j.scale, to-from, j.n, blk.height()*j.panel, j.step)
		}
	}
}

// panelsPlain copies rows of so many columns, rowStep apart in src, to panels that lie
// panelStep apart in dst, times scale if that is not nil. What is left of the last panel
// becomes zero.
func panelsPlain(dst, src, scale []float32, rows, columns, panelStep, rowStep int) {
	panelsOf(plainPanel, dst, src, scale, rows, columns, panelStep, rowStep)
}

// panelsOf is panelsPlain for panels of any width.
func panelsOf(width int, dst, src, scale []float32, rows, columns, panelStep, rowStep int) {
	for r := range rows {
		for c := 0; c < columns; c += width {
			panel := dst[c/width*panelStep+r*width:][:width]
			n := copy(panel, src[r*rowStep+c:][:min(width, columns-c)])
			if scale != nil {
				mulPlain(panel[:n], panel[:n], scale[c:])
			}
			clear(panel[n:])
		}
	}
}

// packRows fills a panel of the given width with rows of n elements that lie
// step apart.
func packRows(panel, src []float32, width, n, step int) {
	for at := 0; len(panel) > 0; at += step {
		row := panel[:width]
		clear(row[copy(row, src[at:at+n]):])
		panel = panel[width:]
	}
}
