package gokernel

import "finetune/internal/kernel"

const (
	// winogradColumns is how many columns of output a worker holds at once.
	winogradColumns = 128

	// winogradScratch is the size in floats that a chunk's transformed tiles
	// should have, input and output: three quarters of a second-level cache.
	winogradScratch = 96 << 10

	// A chunk has at least winogradRows tiles even so: the packed weights, which
	// do not fit in that cache, are read once for each chunk.
	winogradRows = 48

	// winogradChunks is how many chunks there should be. Where tiles are few,
	// they are transformed more than once, for different columns.
	winogradChunks = 8
)

// winogradJob is a convolution of 3×3. A chunk is some tiles and some of the
// ranges of winogradColumns columns of output: the tiles are transformed, and
// for each range multiplied, element by element, and transformed back.
type winogradJob struct {
	product
	winogradGrid
	y, x, residual []float32
	bias           []float32 // In whole panels.
	finish         kernel.Activation
	least, most    float32
	panels         []float32 // [ranges], each [36, planeStep], each packed.
	tiles, total   int       // Of a chunk, of all images.
	ranges         int       // Of a chunk.
}

func (b *Backend) winogradForward(y, x, w, bias, residual []float32, g kernel.Conv, act kernel.Activation) {
	j := &b.jobs.winograd
	j.winogradGrid = forwardGrid(g)
	j.y, j.x, j.residual = y, x, residual
	b.runWinograd(j, w, bias, g.N, false, act)
}

func (b *Backend) winogradGradInput(dx, dy, w []float32, g kernel.Conv) {
	j := &b.jobs.winograd
	j.winogradGrid = gradGrid(g)
	j.y, j.x, j.residual = dx, dy, nil
	b.runWinograd(j, w, nil, g.N, true, kernel.Activation{})
}

// runWinograd convolves with w, or with w turned and transposed.
func (b *Backend) runWinograd(j *winogradJob, w, bias []float32, images int, turned bool, act kernel.Activation) {
	j.product.init(b.isa, j.outC, j.inC, act)
	j.finish, j.least, j.most = act, j.lo, j.hi
	j.product.init(b.isa, j.outC, j.inC, kernel.Activation{})
	j.blocks = appendRun(j.blocks, 0, 0, j.inC)
	j.bias = b.bias.get(b.isa.padded(j.outC))
	clear(j.bias[copy(j.bias, bias):])
	j.panels = b.winogradPack(&j.product, w, turned)
	j.total = images * j.tilesY * j.tilesX
	j.tiles = j.chunkTiles(b.isa.rows)
	j.ranges = winogradRanges(j.outC)
	if few := (winogradChunks + j.tileChunks() - 1) / j.tileChunks(); few > 1 {
		j.ranges = (j.ranges + few - 1) / few
	}
	b.workers.run(j, j.tileChunks()*j.rangeChunks())
	j.y, j.x, j.residual, j.panels = nil, nil, nil, nil
}

// chunkTiles returns how many tiles a chunk has: whole tiles of the product,
// which have the given number of rows.
func (j *winogradJob) chunkTiles(rows int) int {
	size := winogradPlanes * (lineStep(j.inC) + lineStep(min(j.outC, winogradColumns)))
	most := max(winogradRows, winogradScratch/size)
	chunks := (j.total + most - 1) / most
	each := (j.total + chunks - 1) / chunks
	return roundUp(each, rows)
}

func winogradRanges(outC int) int { return (outC + winogradColumns - 1) / winogradColumns }

func (j *winogradJob) tileChunks() int { return (j.total + j.tiles - 1) / j.tiles }
func (j *winogradJob) rangeChunks() int {
	return (winogradRanges(j.outC) + j.ranges - 1) / j.ranges
}

func (j *winogradJob) chunk(w *worker, i int) {
	first := i / j.rangeChunks() * j.tiles
	count := min(j.tiles, j.total-first)
	from := i % j.rangeChunks() * j.ranges * winogradColumns
	to := min(from+j.ranges*winogradColumns, j.outC)

	xStep, yStep := lineStep(j.inC), lineStep(min(j.outC, winogradColumns))
	xPlane, yPlane := lineStep(count*xStep), lineStep(count*yStep)
	x := w.left.get(winogradPlanes * xPlane)
	y := w.sums.get(winogradPlanes * yPlane)
	t := &w.winograd
	for i := range count {
		t.setSource(w, j.x, j.input(first+i), winogradInput, j.inW, j.inC)
		t.dst, t.dstRow, t.dstCol = x[i*xStep:], winogradInput*xPlane, xPlane
		w.isa.winogradInput(t)
	}
	rows, outs := w.tileOffsets(count)
	for i := range rows {
		rows[i], outs[i] = min(i, count-1)*xStep, min(i, count-1)*yStep
	}
	for ; from < to; from += winogradColumns {
		p := j.product
		p.n = min(winogradColumns, j.outC-from)
		panelStep := p.winogradPanelStep(p.n)
		panels := j.panels[p.winogradPanelsAt(from):]
		for plane := range winogradPlanes {
			p.multiply(w, operand{
				c: y[plane*yPlane:], a: x[plane*xPlane:], panels: panels[plane*panelStep:],
				rows: rows, outs: outs, ahead: cacheLine,
			}, 0, p.n)
		}
		for i := range count {
			t.src, t.srcRow, t.srcCol = y[i*yStep:], winogradInput*yPlane, yPlane
			j.store(w, j.output(first+i), from, p.n)
		}
	}
}

// store transforms a tile's columns [from, from+n) back to pixels.
func (j *winogradJob) store(w *worker, p winogradPatch, from, n int) {
	t := &w.winograd
	t.channels, t.count = n, 1
	t.bias, t.lo, t.hi = j.bias[from:], j.least, j.most
	at, row := p.at+from, j.outW*j.outC
	if p.h == winogradTile && p.w == winogradTile {
		t.dst, t.dstRow, t.dstCol, t.residual = j.y[at:], row, j.outC, nil
		if j.residual != nil {
			t.residual = j.residual[at:]
		}
		w.isa.winogradOutput(t)
	} else {
		j.storePart(w, p, at, n)
	}
	t.bias, t.residual = nil, nil
	if clips(j.finish) {
		return
	}
	for i := range p.h * p.w {
		y := j.y[at+i/p.w*row+i%p.w*j.outC:][:n]
		activate(y, y, j.finish)
	}
}

// storePart stores a tile that hangs over the border, by way of a copy.
func (j *winogradJob) storePart(w *worker, p winogradPatch, at, n int) {
	const pixels = winogradTile * winogradTile
	t := &w.winograd
	part := w.patch.get(2 * pixels * n)
	t.dst, t.dstRow, t.dstCol, t.residual = part, winogradTile*n, n, nil
	row := j.outW * j.outC
	if j.residual != nil {
		t.residual = part[pixels*n:]
		for i := range p.h * p.w {
			copy(t.residual[i/p.w*t.dstRow+i%p.w*n:][:n], j.residual[at+i/p.w*row+i%p.w*j.outC:])
		}
	}
	w.isa.winogradOutput(t)
	for i := range p.h * p.w {
		copy(j.y[at+i/p.w*row+i%p.w*j.outC:][:n], part[i/p.w*t.dstRow+i%p.w*n:])
	}
}
