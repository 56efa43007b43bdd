package gokernel

import (
	"math"

	"finetune/internal/kernel"
)

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
		clipPlain(y, y, s.lo, s.hi)
	}
}

// depthwiseJob is a depthwise convolution. A chunk is a band of lattice rows
// of some channels of one image.
type depthwiseJob struct {
	window
	y, x, residual []float32
	w              []float32 // [taps, C], in the order of the taps.
	bias           []float32
	act            kernel.Activation
	lo, hi         float32
	direct         bool
	band, channels int
}

func (b *Backend) depthwise(y, x, w, bias, residual []float32, v window, kernelW int, act kernel.Activation) {
	j := &b.jobs.depthwise
	j.window, j.y, j.x, j.residual, j.act = v, y, x, residual, act
	j.lo, j.hi = float32(math.Inf(-1)), float32(math.Inf(1))
	if act.Kind == kernel.Clip && residual == nil {
		j.lo, j.hi = act.Alpha, act.Beta
	}
	j.bias = b.bias.get(v.outC)
	clear(j.bias[copy(j.bias, bias):])
	j.w = b.flipped.get(v.y.taps * v.x.taps * v.outC)
	for ty := range v.y.taps {
		for tx := range v.x.taps {
			tap := (v.y.tap+ty*v.y.tapStep)*kernelW + v.x.tap + tx*v.x.tapStep
			copy(j.w[(ty*v.x.taps+tx)*v.outC:][:v.outC], w[tap*v.outC:])
		}
	}
	j.direct = j.window.inside()
	j.channels, j.band = j.window.bandSize()
	b.workers.run(j, v.images*j.bands()*j.blocks())
	j.y, j.x, j.residual = nil, nil, nil
}

// bandSize returns the channels and lattice rows of a chunk of a depthwise
// convolution.
func (v *window) bandSize() (channels, band int) {
	channels = min(v.inC, 64)
	x0, x1 := v.x.span(0, v.x.count)
	rows := patchSize / ((x1 - x0) * channels)
	band = max(1, (rows-(max(v.y.taps, 1)-1)*v.y.dilation)/v.y.stride)
	bands := (v.y.count + band - 1) / band
	return channels, (v.y.count + bands - 1) / bands
}

func (j *depthwiseJob) bands() int  { return (j.window.y.count + j.band - 1) / j.band }
func (j *depthwiseJob) blocks() int { return (j.inC + j.channels - 1) / j.channels }

func (j *depthwiseJob) chunk(w *worker, i int) {
	v := &j.window
	c0, i := i%j.blocks()*j.channels, i/j.blocks()
	image, t0 := i/j.bands(), i%j.bands()*j.band
	c1, t1 := min(c0+j.channels, v.inC), min(t0+j.band, v.y.count)
	var p patch
	if j.direct {
		p = v.view(j.x, image, t0, c0)
	} else {
		p = v.copyPatch(w, j.x, image, image+1, t0, t1, c0, c1)
	}
	s := &w.stencil
	*s = stencil{
		w: j.w[min(c0, len(j.w)):], bias: j.bias[c0:c1],
		kernelH: v.y.taps, kernelW: v.x.taps,
		rowStep: v.y.dilation * p.rowStep, tapStep: v.x.dilation * p.colStep, wStep: v.outC,
		xStep: v.x.stride * p.colStep, yStep: v.x.step * v.outC,
		pixels: v.x.count, channels: c1 - c0,
		lo: j.lo, hi: j.hi,
	}
	for t := t0; t < t1; t++ {
		at := v.out(image, t, 0) + c0
		s.x, s.y = p.data[(t-t0)*v.y.stride*p.rowStep:], j.y[at:]
		w.isa.stencil(s)
		j.finish(at, c1-c0)
	}
}

// finish adds the residual to a lattice row and applies the activation, if the
// stencil has not.
func (j *depthwiseJob) finish(at, channels int) {
	clipped := j.act.Kind == kernel.Identity || j.act.Kind == kernel.Clip
	if j.residual == nil && clipped {
		return
	}
	for range j.window.x.count {
		y := j.y[at : at+channels]
		if j.residual != nil {
			addPlain(y, y, j.residual[at:])
		}
		activate(y, y, j.act)
		at += j.window.x.step * j.outC
	}
}
