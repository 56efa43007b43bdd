package gokernel

import "finetune/internal/kernel"

const (
	// winogradGroup is the size in floats that the transformed tiles of a group
	// should have: half of a third-level cache of 8 MiB.
	winogradGroup = 1 << 20

	// A group has at least winogradGroupTiles tiles even so: for each group all
	// sums are read and written once.
	winogradGroupTiles = 128

	winogradTileChunk = 4  // Tiles that a worker transforms at once.
	winogradRowChunk  = 96 // Input channels whose sums it computes at once.
	winogradBackChunk = 16 // Input channels whose sums it transforms back at once.
)

// winogradGrad is a gradient of weights of 3×3. The tiles come in groups: x and
// dy are transformed, and the outer products of their channels are added up for
// each of the 36 elements; the sums are transformed at the end.
type winogradGrad struct {
	winogradGrid
	dw, x, dy     []float32
	sums          []float32 // [36, sumStep], each [inC, outC].
	xt, dyt       []float32 // [36, xPlane], each [tiles, xStep], and as much of dy.
	sumStep       int
	xStep, xPlane int
	yStep, yPlane int
	first, count  int // Tiles of the group.
}

// The parts of the work, as jobs.
type (
	winogradGradTiles    winogradGrad // A chunk is some tiles, to transform.
	winogradGradProducts winogradGrad // A chunk is one element and some input channels.
	winogradGradSums     winogradGrad // A chunk is some input channels, to transform back.
)

func (b *Backend) winogradGradWeights(dw, x, dy []float32, g kernel.Conv) {
	j := &b.jobs.winogradGrad
	j.winogradGrid = forwardGrid(g)
	j.dw, j.x, j.dy = dw, x, dy
	j.xStep, j.yStep = lineStep(j.inC), lineStep(j.outC)
	total := g.N * j.tilesY * j.tilesX
	most := min(total, max(winogradGroupTiles, winogradGroup/(winogradPlanes*(j.xStep+j.yStep))))
	groups := (total + most - 1) / most
	most = (total + groups - 1) / groups
	j.xPlane, j.yPlane, j.sumStep = lineStep(most*j.xStep), lineStep(most*j.yStep), lineStep(j.inC*j.outC)
	transformed := b.parts.get(winogradPlanes * (j.xPlane + j.yPlane))
	j.xt, j.dyt = transformed[:winogradPlanes*j.xPlane], transformed[winogradPlanes*j.xPlane:]
	j.sums = b.panels.get(winogradPlanes * j.sumStep)
	for j.first = 0; j.first < total; j.first += most {
		j.count = min(most, total-j.first)
		b.workers.run((*winogradGradTiles)(j), (j.count+winogradTileChunk-1)/winogradTileChunk)
		b.workers.run((*winogradGradProducts)(j), winogradPlanes*j.rowChunks())
	}
	b.workers.run((*winogradGradSums)(j), (j.inC+winogradBackChunk-1)/winogradBackChunk)
	j.dw, j.x, j.dy, j.sums, j.xt, j.dyt = nil, nil, nil, nil, nil, nil
}

func (j *winogradGrad) rowChunks() int { return (j.inC + winogradRowChunk - 1) / winogradRowChunk }

func (j *winogradGradTiles) chunk(w *worker, i int) {
	t := &w.winograd
	from := i * winogradTileChunk
	for i := from; i < min(from+winogradTileChunk, j.count); i++ {
		t.setSource(w, j.x, j.input(j.first+i), winogradInput, j.inW, j.inC)
		t.dst, t.dstRow, t.dstCol = j.xt[i*j.xStep:], winogradInput*j.xPlane, j.xPlane
		w.isa.winogradInput(t)
		t.setSource(w, j.dy, j.output(j.first+i), winogradTile, j.outW, j.outC)
		t.dst, t.dstRow, t.dstCol = j.dyt[i*j.yStep:], winogradInput*j.yPlane, j.yPlane
		w.isa.winogradOutputGrad(t)
	}
}

func (j *winogradGradProducts) chunk(w *worker, i int) {
	chunks := (*winogradGrad)(j).rowChunks()
	plane, row := i/chunks, i%chunks*winogradRowChunk
	m := min(winogradRowChunk, j.inC-row)
	sums := j.sums[plane*j.sumStep+row*j.outC:][:m*j.outC]
	if j.first == 0 {
		clear(sums)
	}
	for k := 0; k < j.count; k += outerRows {
		w.addOuter(outerSum{
			c: sums, ldc: j.outC, m: m, n: j.outC,
			a: j.xt[plane*j.xPlane+k*j.xStep+row:], stepA: j.xStep,
			b: j.dyt[plane*j.yPlane+k*j.yStep:], stepB: j.yStep,
			k: min(outerRows, j.count-k), segments: 1,
		}, true) // A row of xt has as many columns as a tile reads.
	}
}

func (j *winogradGradSums) chunk(w *worker, i int) {
	row := i * winogradBackChunk
	t := &w.winograd
	t.channels, t.count = j.outC, min(winogradBackChunk, j.inC-row)
	t.src, t.dst = j.sums[row*j.outC:], j.dw[row*j.outC:]
	t.srcRow, t.srcCol, t.srcNext = winogradInput*j.sumStep, j.sumStep, j.outC
	t.dstRow, t.dstCol, t.dstNext = 3*j.inC*j.outC, j.inC*j.outC, j.outC
	w.isa.winogradWeightsGrad(t)
}
