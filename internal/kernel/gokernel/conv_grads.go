package gokernel

import "finetune/internal/kernel"

// Both gradients of a convolution read dy, and that of the weights reads the x that is often
// the Y of a GradFinish. Where these do not stay in the caches from one to the other, a chunk
// computes both of a part of them.

// ConvGrads implements kernel.Backend.
func (b *Backend) ConvGrads(dw, dx, x, dy, w, scale []float32, g kernel.Conv, f kernel.GradFinish) {
	const op = "ConvGrads"
	checkConv(op, x, w, dy, g)
	checkConv(op, dx, dw, dy, g)
	checkScale(op, scale, g)
	checkFinish(op, len(dx), g.C, f)
	finish := b.finishes(len(dx), g, f)
	if finish == nil || len(dy) == 0 || !b.JoinsGrads(g) {
		b.ConvGradWeights(dw, x, dy, g)
		b.ConvGradInputFinish(dx, dy, w, scale, g, f)
		return
	}
	if isMatrix(g) {
		b.matrixGrads(dw, dx, x, dy, w, scale, g, finish)
	} else {
		b.depthwiseGrads(dw, dx, x, dy, w, g, finish)
	}
	*finish = gradFinish{}
}

// JoinsGrads implements kernel.Backend: depthwise convolutions, whose rows both gradients go
// through alike, and products of matrices that are larger than the caches, with few weights.
func (b *Backend) JoinsGrads(g kernel.Conv) bool {
	if isMatrix(g) {
		return g.C*g.OutC <= joinedWeights && g.N*g.H*g.W*(g.C+g.OutC) >= 2*streamed
	}
	return isDepthwise(g) && (g.H+g.StrideH-1)/g.StrideH == g.OutH
}

// joinedWeights is up to how many weights the sums of a part stay in the caches beside the
// rows of a chunk, joinedRows floats of x and dy.
const joinedWeights, joinedRows = 1 << 14, patchSize

// depthwiseGradsJob is both gradients of a depthwise convolution. A chunk is some channels
// in one part of the bands of all images.
type depthwiseGradsJob struct {
	weights *depthwiseGradWeightsJob
	input   *depthwiseJob
}

func (b *Backend) depthwiseGrads(dw, dx, x, dy, w []float32, g kernel.Conv, finish *gradFinish) {
	weights, input := &b.jobs.depthwiseGW, &b.jobs.depthwise
	input.gradOf(g, finish)
	b.prepareDepthwise(input, dx, dy, w, nil, nil, g.KernelW, kernel.Activation{})
	weights.window, weights.x, weights.dy = forwardWindow(g), x, dy
	channels, band := weights.window.bandSize(patchSize)
	input.channels, input.band = input.window.bandSize(patchSize)
	input.channels, input.band = min(input.channels, channels), min(input.band, band)
	weights.channels, weights.band = input.channels, input.band
	weights.parts = partCount(g.N*weights.bands(), weights.blocks(), len(dw))
	weights.sums = partialsIn(&b.gradParts, dw, weights.parts)
	finish.begin(b, g.N*input.bands())
	b.jobs.depthwiseGrads = depthwiseGradsJob{weights, input}
	b.workers.run(&b.jobs.depthwiseGrads, weights.parts*weights.blocks())
	finish.end(b)
	b.combine(dw, weights.sums, weights.parts)
	weights.release()
	input.release()
}

func (j *depthwiseGradsJob) chunk(w *worker, i int) {
	part, block := i/j.weights.blocks(), i%j.weights.blocks()
	dw, c0, c1 := j.weights.begin(part, block)
	first, end := j.weights.units(part)
	for unit := first; unit < end; unit++ {
		j.weights.addUnit(w, dw, unit, c0, c1)
		j.input.chunk(w, unit*j.weights.blocks()+block)
	}
}

// matrixGradsJob is both gradients of a product of matrices. A chunk is one part of the
// chunks of rows of the input's.
type matrixGradsJob struct {
	weights *outerJob
	input   *productJob
}

func (b *Backend) matrixGrads(dw, dx, x, dy, w, scale []float32, g kernel.Conv, finish *gradFinish) {
	weights, input := &b.jobs.outer, &b.jobs.product
	rows := g.N * g.H * g.W
	b.prepareRows(input, dx, dy, w, scale, nil, finish.plus(), rows, g.C, g.OutC, true, kernel.Activation{}, finish)
	input.chunkRows, input.chunkCols = evenly(rows, (rows*(g.C+g.OutC)+joinedRows-1)/joinedRows, sumTiling.rows), g.C
	weights.a, weights.b, weights.m, weights.n, weights.k = x, dy, g.C, g.OutC, rows
	weights.blockCols = evenly(g.C, (g.C+widestBlock-1)/widestBlock, b.isa.rows)
	weights.parts = partCount(input.rowChunks(), 1, len(dw))
	weights.sums = partialsIn(&b.gradParts, dw, weights.parts)
	finish.begin(b, input.rowChunks())
	b.jobs.matrixGrads = matrixGradsJob{weights, input}
	b.workers.run(&b.jobs.matrixGrads, weights.parts)
	finish.end(b)
	b.combine(dw, weights.sums, weights.parts)
	weights.release()
	input.release()
}

func (j *matrixGradsJob) chunk(w *worker, part int) {
	chunks, parts := j.input.rowChunks(), j.weights.parts
	first, end := chunks*part/parts, chunks*(part+1)/parts
	// Where the rows of dy are the wider ones, the input's goes first: it reads them in their order.
	inputFirst := j.weights.n > j.weights.m
	for i := first; i < end; i++ {
		if inputFirst {
			j.input.chunk(w, i)
		}
		j.addRows(w, part, i, i == first)
		if !inputFirst {
			j.input.chunk(w, i)
		}
	}
}

// addRows adds the rows of the input's chunk i to the weights' sums of a part.
func (j *matrixGradsJob) addRows(w *worker, part, i int, fresh bool) {
	o := j.weights
	first := i * j.input.chunkRows
	end := min(first+j.input.chunkRows, o.k)
	for col := 0; col < o.m; col += o.blockCols {
		o.add(w, part, col, min(o.blockCols, o.m-col), 0, o.n, first, end, fresh)
	}
}
