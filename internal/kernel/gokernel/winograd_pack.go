package gokernel

// winogradWeightsJob transforms weights of 3×3 and packs them. A chunk is a
// panel of a block of the sums.
type winogradWeightsJob struct {
	product
	w, panels []float32
	turned    bool
}

// winogradPanelStep returns the elements from one of the 36 matrices [k, n] to
// the next.
func (p *product) winogradPanelStep(n int) int { return lineStep(p.k * roundUp(n, p.panel)) }

// winogradPanelsAt returns where the range that begins at a column is.
func (p *product) winogradPanelsAt(column int) int {
	return column / winogradColumns * winogradPlanes * p.winogradPanelStep(winogradColumns)
}

// winogradPack returns the transformed weights in ranges of columns. w is
// [3, 3, k, n]; turned, it is [3, 3, n, k] and its taps are in reverse order.
func (b *Backend) winogradPack(p *product, w []float32, turned bool) []float32 {
	j := &b.jobs.winogradWeights
	j.product, j.w, j.turned = *p, w, turned
	last := (p.n - 1) / winogradColumns * winogradColumns
	j.panels = b.panels.get(p.winogradPanelsAt(last) + winogradPlanes*p.winogradPanelStep(p.n-last))
	b.workers.run(j, len(j.blocks)*roundUp(p.n, p.panel)/p.panel)
	panels := j.panels
	j.w, j.panels = nil, nil
	return panels
}

func (j *winogradWeightsJob) chunk(w *worker, i int) {
	blk, column := j.blocks[i%len(j.blocks)], i/len(j.blocks)*j.panel
	from := column / winogradColumns * winogradColumns
	n := min(winogradColumns, j.n-from)
	step := j.winogradPanelStep(n)
	t := &w.winograd
	t.dst = j.panels[j.winogradPanelsAt(from)+blk.first*roundUp(n, j.panel)+(column-from)*blk.k:]
	t.dstRow, t.dstCol, t.dstNext = winogradInput*step, step, j.panel
	t.channels, t.count = min(j.panel, j.n-column), blk.k
	if j.turned || t.channels < j.panel {
		j.copyTaps(w, blk, column, t.channels)
		t.channels = j.panel
	} else {
		t.src, t.srcCol, t.srcNext = j.w[blk.first*j.n+column:], j.k*j.n, j.n
	}
	t.srcRow = 3 * t.srcCol
	w.isa.winogradWeights(t)
}

// copyTaps makes what the transform reads a copy [3, 3, k, panel] of n
// columns of the weights, with zeros beyond them.
func (j *winogradWeightsJob) copyTaps(w *worker, blk block, column, n int) {
	const taps = 9
	size := blk.k * j.panel
	t := &w.winograd
	t.src, t.srcCol, t.srcNext = w.patch.get(taps*size), size, j.panel
	if n < j.panel {
		clear(t.src)
	}
	for tap := range taps {
		to := t.src[tap*size:]
		if j.turned {
			w.isa.transpose(to, j.w[((taps-1-tap)*j.n+column)*j.k+blk.first:], n, blk.k, j.panel, j.k)
			continue
		}
		for r := range blk.k {
			copy(to[r*j.panel:][:n], j.w[(tap*j.k+blk.first+r)*j.n+column:])
		}
	}
}
