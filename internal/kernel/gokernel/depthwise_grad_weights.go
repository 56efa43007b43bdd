package gokernel

import "finetune/internal/kernel"

// A stencilGrad adds to dw [taps, channels], rows wStep apart, the gradient of
// a stencil's weights over some lattice rows:
// dw[(ky·kernelW+kx)·wStep+c] += Σ over rows r, pixels i of
// dy[r·dyRowStep+i·dyStep+c]·x[r·xRowStep+i·xStep+ky·rowStep+kx·tapStep+c].
type stencilGrad struct {
	dw, x, dy               []float32
	kernelH, kernelW        int
	rowStep, tapStep, wStep int
	xRowStep, xStep         int
	dyRowStep, dyStep       int
	rows, pixels, channels  int
	tiles, single           int // Pixels in tiles and beyond: the assembly's own.
}

func stencilGradPlain(s *stencilGrad) {
	for r := range s.rows {
		for i := range s.pixels {
			dy := s.dy[r*s.dyRowStep+i*s.dyStep:][:s.channels]
			for ky := range s.kernelH {
				for kx := range s.kernelW {
					x := s.x[r*s.xRowStep+i*s.xStep+ky*s.rowStep+kx*s.tapStep:][:len(dy)]
					dw := s.dw[(ky*s.kernelW+kx)*s.wStep:][:len(dy)]
					for c, v := range dy {
						dw[c] += v * x[c]
					}
				}
			}
		}
	}
}

// depthwiseGradWeightsJob is the gradient of a depthwise convolution's
// weights. A chunk is some channels in one part of the bands of all images.
type depthwiseGradWeightsJob struct {
	window
	x, dy          []float32
	sums           []float32 // [parts, taps, C].
	band, channels int
	parts          int
}

func (b *Backend) depthwiseGradWeights(dw, x, dy []float32, g kernel.Conv) {
	j := &b.jobs.depthwiseGW
	j.window = forwardWindow(g)
	j.x, j.dy = x, dy
	j.channels, j.band = j.window.bandSize(2 * patchSize)
	j.parts = partCount(g.N*j.bands(), j.blocks(), len(dw))
	j.sums = b.partials(dw, j.parts)
	b.workers.run(j, j.parts*j.blocks())
	b.combine(dw, j.sums, j.parts)
	j.release()
}

// release forgets the operands.
func (j *depthwiseGradWeightsJob) release() { j.x, j.dy, j.sums = nil, nil, nil }

func (j *depthwiseGradWeightsJob) bands() int  { return (j.window.y.count + j.band - 1) / j.band }
func (j *depthwiseGradWeightsJob) blocks() int { return (j.inC + j.channels - 1) / j.channels }

func (j *depthwiseGradWeightsJob) chunk(w *worker, i int) {
	part := i / j.blocks()
	dw, c0, c1 := j.begin(part, i%j.blocks())
	first, end := j.units(part)
	for unit := first; unit < end; unit++ {
		j.addUnit(w, dw, unit, c0, c1)
	}
}

// begin clears a block of the sums of a part, which are its channels [c0, c1).
func (j *depthwiseGradWeightsJob) begin(part, block int) (dw []float32, c0, c1 int) {
	v := &j.window
	c0 = block * j.channels
	c1 = min(c0+j.channels, v.inC)
	taps := v.y.taps * v.x.taps
	dw = j.sums[part*taps*v.inC:][:taps*v.inC]
	for tap := range taps {
		clear(dw[tap*v.inC+c0 : tap*v.inC+c1])
	}
	return dw[c0:], c0, c1
}

// units returns the bands of a part, counted through all images.
func (j *depthwiseGradWeightsJob) units(part int) (first, end int) {
	units := j.images * j.bands()
	return units * part / j.parts, units * (part + 1) / j.parts
}

// addUnit adds a band of an image.
func (j *depthwiseGradWeightsJob) addUnit(w *worker, dw []float32, unit, c0, c1 int) {
	v := &j.window
	image, t0 := unit/j.bands(), unit%j.bands()*j.band
	t1 := min(t0+j.band, v.y.count)
	p := v.copyPlanes(w, j.x, image, t0, t1, c0, c1)
	s := &w.taps
	*s = stencilGrad{
		kernelH: v.y.taps, kernelW: v.x.taps,
		rowStep: v.y.dilation * p.rowStep, tapStep: v.x.dilation * p.colStep, wStep: v.inC,
		xRowStep: v.y.stride * p.rowStep, xStep: v.x.stride * p.colStep,
		dyRowStep: v.outW * v.outC, dyStep: v.outC,
		rows: t1 - t0, pixels: v.x.count,
	}
	for c := c0; c < c1; c += planeWidth {
		s.channels = min(planeWidth, c1-c)
		s.dw, s.dy = dw[c-c0:], j.dy[v.out(image, t0, 0)+c:]
		s.x = p.data[(c-c0)/planeWidth*p.imageStep:]
		w.isa.stencilGrad(s)
	}
}
