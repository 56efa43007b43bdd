package gokernel

// A packJob copies rows first to first+count of B into panels. Row i, column j of
// them is src[i·rowStep+j·colStep], and one of the steps is 1. A chunk is a panel
// of a block of the sums.
type packJob struct {
	product
	panels, src      []float32
	first, count     int
	rowStep, colStep int
}

// sharedPack is the number of weights from which on it pays to share their packing:
// fewer take a microsecond or two.
const sharedPack = 1 << 13

// packWeights does a packJob for p.
func (b *Backend) packWeights(p *product, panels, src []float32, first, count, rowStep, colStep int) {
	j := &b.jobs.pack
	*j = packJob{product: *p, panels: panels, src: src, first: first, count: count, rowStep: rowStep, colStep: colStep}
	chunks := len(j.blocks) * roundUp(j.n, j.panel) / j.panel
	if count*j.n >= sharedPack {
		b.workers.run(j, chunks)
	} else {
		for i := range chunks {
			j.chunk(b.workers.all[0], i)
		}
	}
	*j = packJob{}
}

func (j *packJob) chunk(w *worker, i int) {
	blk, column := j.blocks[i%len(j.blocks)], i/len(j.blocks)*j.panel
	height, columns := blk.k*blk.segments, min(j.panel, j.n-column)
	lo, hi := max(j.first, blk.first), min(j.first+j.count, blk.first+height)
	if lo >= hi {
		return
	}
	to := j.panels[blk.first*roundUp(j.n, j.panel)+column*height+(lo-blk.first)*j.panel:][:(hi-lo)*j.panel]
	from := j.src[(lo-j.first)*j.rowStep+column*j.colStep:]
	if j.colStep == 1 {
		packRows(to, from, j.panel, columns, j.rowStep)
		return
	}
	if columns < j.panel {
		clear(to)
	}
	w.isa.transpose(to, from, columns, hi-lo, j.panel, j.colStep)
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
