package gokernel

import "finetune/internal/kernel"

// A stencil computes one lattice row of a depthwise convolution for some
// channels: y[i·yStep+c] = min(max(bias[c] + Σ x[i·xStep+ky·rowStep+kx·tapStep+c]·
// w[(ky·kernelW+kx)·wStep+c], lo), hi).
type stencil struct {
	y, x, w, bias           []float32
	kernelH, kernelW        int
	rowStep, tapStep, wStep int
	xStep, yStep            int
	pixels, channels        int
	lo, hi                  float32
	clip                    bool // Bound the result by lo and hi.
	fetch                   bool // y may be in no cache: fetch its lines before the sums.
	stream                  bool // Store past the caches; y is aligned to a vector.
}

func stencilPlain(s *stencil) {
	for i := range s.pixels {
		y := s.y[i*s.yStep:][:s.channels]
		copy(y, s.bias)
		for ky := range s.kernelH {
			for kx := range s.kernelW {
				x := s.x[i*s.xStep+ky*s.rowStep+kx*s.tapStep:][:len(y)]
				w := s.w[(ky*s.kernelW+kx)*s.wStep:][:len(y)]
				for c := range y {
					y[c] += x[c] * w[c]
				}
			}
		}
		if s.clip {
			clipPlain(y, y, s.lo, s.hi)
		}
	}
}

// depthwiseJob is a depthwise convolution, or all phases of its gradient. A
// chunk is a band of lattice rows of some channels of one image.
type depthwiseJob struct {
	window         // What the patches hold: all that any phase reads.
	phases         []depthwisePhase
	y, x, residual []float32
	w              []float32 // The taps of all phases, [taps, C].
	bias           []float32
	act            kernel.Activation
	lo, hi         float32
	clip, stream   bool
	band, channels int
	after          *gradFinish // Nil if nothing follows.
	apart          bool        // A chunk is computed in memory of the worker's.
	stride         int         // Of the output's rows from one lattice row to the next, of all phases together.
}

// A depthwisePhase is a lattice of the output. All have the same stride.
type depthwisePhase struct {
	y, x axis
	w    int // Offset of the weights of the first tap.
}

// fewTaps is how many taps leave memory the limit, so that it pays to store
// past the caches by the loop that can.
const fewTaps = 9

// depthwise computes the convolution.
func (b *Backend) depthwise(y, x, w, bias, residual []float32, g kernel.Conv, act kernel.Activation) {
	j := &b.jobs.depthwise
	j.reset(forwardWindow(g))
	b.runDepthwise(j, y, x, w, bias, residual, g.KernelW, act)
}

// depthwiseGradInput computes the input's gradient.
func (b *Backend) depthwiseGradInput(dx, dy, w []float32, g kernel.Conv, finish *gradFinish) {
	j := &b.jobs.depthwise
	j.gradOf(g, finish)
	b.runDepthwise(j, dx, dy, w, nil, nil, g.KernelW, kernel.Activation{})
}

// gradOf makes j the gradient of the input of g.
func (j *depthwiseJob) gradOf(g kernel.Conv, finish *gradFinish) {
	j.after, j.stride = finish, g.StrideH
	j.reset(gradWindow(g, 0, 0))
	for i := 1; i < min(g.StrideH, g.H)*min(g.StrideW, g.W); i++ {
		j.add(gradWindow(g, i/min(g.StrideW, g.W), i%min(g.StrideW, g.W)))
	}
}

// reset makes v the only phase.
func (j *depthwiseJob) reset(v window) {
	j.window = v
	j.phases = append(j.phases[:0], depthwisePhase{y: v.y, x: v.x})
}

// add adds the phase v.
func (j *depthwiseJob) add(v window) {
	j.window.y, j.window.x = j.window.y.union(v.y), j.window.x.union(v.x)
	j.phases = append(j.phases, depthwisePhase{y: v.y, x: v.x})
}

// runDepthwise computes j's phases.
func (b *Backend) runDepthwise(j *depthwiseJob, y, x, w, bias, residual []float32, kernelW int, act kernel.Activation) {
	b.prepareDepthwise(j, y, x, w, bias, residual, kernelW, act)
	size := 2 * patchSize
	if j.apart && len(j.phases) > 1 {
		size = patchSize // A band of the result is larger by the stride.
	}
	j.channels, j.band = j.window.bandSize(size)
	j.after.begin(b, j.images*j.bands())
	b.workers.run(j, j.images*j.bands()*j.blocks())
	j.after.end(b)
	j.release()
}

// prepareDepthwise makes j's phases ready but for the chunks.
func (b *Backend) prepareDepthwise(j *depthwiseJob, y, x, w, bias, residual []float32, kernelW int, act kernel.Activation) {
	j.y, j.x, j.residual, j.act = y, x, residual, act
	j.lo, j.hi, j.clip = act.Alpha, act.Beta, act.Kind == kernel.Clip && residual == nil
	j.bias = b.bias.get(j.outC)
	clear(j.bias[copy(j.bias, bias):])
	j.w = b.flipped.get(len(w))
	at, most := 0, 0
	for i := range j.phases {
		p := &j.phases[i]
		p.w = at
		most = max(most, p.y.taps*p.x.taps)
		for ty := range p.y.taps {
			for tx := range p.x.taps {
				tap := (p.y.tap+ty*p.y.tapStep)*kernelW + p.x.tap + tx*p.x.tapStep
				copy(j.w[at:at+j.outC], w[tap*j.outC:])
				at += j.outC
			}
		}
	}
	j.stream = j.after == nil && most <= fewTaps && b.streams(y) && j.outC%planeWidth == 0 && residual == nil && clips(act)
	j.apart = j.after.apart(b, y)
}

// release forgets the operands.
func (j *depthwiseJob) release() { j.y, j.x, j.residual, j.after = nil, nil, nil, nil }

// bandSize returns the channels and lattice rows of a chunk of a depthwise
// convolution whose patch has that many floats: all channels if the rows at the
// edge of a band, which the next one copies again, are then few enough.
func (v *window) bandSize(size int) (channels, band int) {
	const fewest = 64
	x0, x1 := v.x.span(0, v.x.count)
	for parts := 1; ; parts++ {
		channels = min(v.inC, (v.inC/parts+planeWidth-1)/planeWidth*planeWidth)
		band = v.y.count
		for band > 1 && v.rows(band)*(x1-x0)*channels > size {
			band--
		}
		if band == v.y.count || v.rows(band)*4 <= band*v.y.stride*7 || channels <= fewest {
			bands := (v.y.count + band - 1) / band
			return channels, (v.y.count + bands - 1) / bands
		}
	}
}

// rows returns how many input rows a band of lattice rows reads.
func (v *window) rows(band int) int {
	lo, hi := v.y.span(0, band)
	return hi - lo
}

func (j *depthwiseJob) bands() int  { return (j.window.y.count + j.band - 1) / j.band }
func (j *depthwiseJob) blocks() int { return (j.inC + j.channels - 1) / j.channels }

func (j *depthwiseJob) chunk(w *worker, i int) {
	v := &j.window
	c0, i := i%j.blocks()*j.channels, i/j.blocks()
	image, t0 := i/j.bands(), i%j.bands()*j.band
	c1, t1 := min(c0+j.channels, v.inC), min(t0+j.band, v.y.count)
	p := v.copyPlanes(w, j.x, image, t0, t1, c0, c1)
	y0, y1 := t0*j.stride, min(t1*j.stride, j.outH)
	first, rows := (image*j.outH+y0)*j.outW, (y1-y0)*j.outW
	o := depthwiseOut{y: j.y, step: j.outC, column: c0}
	if j.apart {
		o = depthwiseOut{y: w.beside.get(rows * (c1 - c0)), step: c1 - c0, first: first}
	}
	for i := range j.phases {
		j.phase(w, &j.phases[i], p, o, image, t0, t1, c0, c1)
	}
	switch {
	case j.apart:
		j.after.finishFrom(w, o.y, o.step, j.y, i, first*j.outC, rows, c0, c1)
	case j.stream:
		w.isa.fence()
	default:
		j.after.finish(w, j.y, i, first*j.outC, rows, c0, c1)
	}
}

// A depthwiseOut is where a chunk puts its channels: those of pixel i begin at
// y[(i−first)·step+column].
type depthwiseOut struct {
	y                   []float32
	step, first, column int
}

// phase computes a band of one phase from a patch.
func (j *depthwiseJob) phase(w *worker, q *depthwisePhase, p patch, o depthwiseOut, image, t0, t1, c0, c1 int) {
	out := j.window
	out.y, out.x = q.y, q.x
	s := &w.stencil
	*s = stencil{
		kernelH: q.y.taps, kernelW: q.x.taps,
		rowStep: q.y.dilation * p.rowStep, tapStep: q.x.dilation * p.colStep, wStep: j.outC,
		xStep: q.x.stride * p.colStep, yStep: q.x.step * o.step,
		pixels: q.x.count,
		lo:     j.lo, hi: j.hi, clip: j.clip, stream: j.stream, fetch: !j.stream && !j.apart,
	}
	if q.y.taps*q.x.taps == 0 {
		s.kernelH, s.kernelW = 0, 0
	}
	left := max(0, q.x.offset-j.window.x.offset) * p.colStep
	top := max(0, q.y.offset-j.window.y.offset)
	// The rows of one plane stay in the first-level cache from one lattice row
	// to the next.
	for c := c0; c < c1; c += planeWidth {
		s.channels = min(planeWidth, c1-c)
		s.bias = j.bias[c : c+s.channels]
		if s.kernelH > 0 {
			s.w = j.w[q.w+c:]
		}
		for t := t0; t < min(t1, q.y.count); t++ {
			s.x = p.data[(c-c0)/planeWidth*p.imageStep+((t-t0)*q.y.stride+top)*p.rowStep+left:]
			s.y = o.y[(out.out(image, t, 0)/j.outC-o.first)*o.step+o.column+c-c0:]
			w.isa.stencil(s)
		}
	}
	for t := t0; t < min(t1, q.y.count); t++ {
		j.finish(out.out(image, t, 0)+c0, q.x, c1-c0)
	}
}

// finish adds the residual to a lattice row and applies the activation, if the
// stencil has not.
func (j *depthwiseJob) finish(at int, x axis, channels int) {
	if j.residual == nil && clips(j.act) {
		return
	}
	for range x.count {
		y := j.y[at : at+channels]
		if j.residual != nil {
			addPlain(y, y, j.residual[at:])
		}
		activate(y, y, j.act)
		at += x.step * j.outC
	}
}
