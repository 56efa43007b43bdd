package gokernel

import "finetune/internal/kernel"

// An axis is one dimension of a convolution, as the inner loops see it: a
// lattice of output positions first + t·step, for t in [0, count), each of
// which reads the input positions t·stride + offset + j·dilation, for j in
// [0, taps), with the weight at tap + j·tapStep.
type axis struct {
	first, step, count       int
	stride, offset, dilation int
	taps, tap, tapStep       int
}

// forwardAxis is the axis of a convolution.
func forwardAxis(out, kernel, stride, dilation, pad int) axis {
	return axis{
		step: 1, count: out,
		stride: stride, offset: -pad, dilation: dilation,
		taps: kernel, tapStep: 1,
	}
}

// gradAxis is the axis of a convolution's gradient: output and input trade
// places. The input positions i ≡ phase modulo the stride form one lattice:
// i reads the positions o of dy with o·stride = i + pad − k·dilation, which
// exist for every stride/gcd-th weight k.
func gradAxis(in, kernel, stride, dilation, pad, phase int) axis {
	common := gcd(stride, dilation)
	a := axis{first: phase, step: stride, count: max(0, (in-phase+stride-1)/stride), stride: 1, dilation: dilation / common}
	tapStep := stride / common
	for k := range min(kernel, tapStep) {
		if (phase+pad-k*dilation)%stride == 0 {
			a.taps = (kernel - k + tapStep - 1) / tapStep
			a.tap = k + (a.taps-1)*tapStep
			a.tapStep = -tapStep
			a.offset = (phase + pad - a.tap*dilation) / stride
			break
		}
	}
	return a
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// span returns the input positions [lo, hi) that lattice points [t0, t1) read.
func (a axis) span(t0, t1 int) (lo, hi int) {
	lo = t0*a.stride + a.offset
	return lo, lo + (t1-t0-1)*a.stride + (max(a.taps, 1)-1)*a.dilation + 1
}

// union returns an axis that reads all that a and b read, which have the same
// stride. Its taps have no weights.
func (a axis) union(b axis) axis {
	lo, hi := a.span(0, 1)
	bLo, bHi := b.span(0, 1)
	lo, hi = min(lo, bLo), max(hi, bHi)
	return axis{count: max(a.count, b.count), stride: a.stride, offset: lo, dilation: 1, taps: hi - lo}
}

// A window is the geometry of a convolution over NHWC input.
type window struct {
	y, x             axis
	images           int
	inH, inW, inC    int
	outH, outW, outC int
}

func forwardWindow(g kernel.Conv) window {
	return window{
		y:      forwardAxis(g.OutH, g.KernelH, g.StrideH, g.DilationH, g.PadTop),
		x:      forwardAxis(g.OutW, g.KernelW, g.StrideW, g.DilationW, g.PadLeft),
		images: g.N,
		inH:    g.H, inW: g.W, inC: g.C,
		outH: g.OutH, outW: g.OutW, outC: g.OutC,
	}
}

func gradWindow(g kernel.Conv, phaseY, phaseX int) window {
	return window{
		y:      gradAxis(g.H, g.KernelH, g.StrideH, g.DilationH, g.PadTop, phaseY),
		x:      gradAxis(g.W, g.KernelW, g.StrideW, g.DilationW, g.PadLeft, phaseX),
		images: g.N,
		inH:    g.OutH, inW: g.OutW, inC: g.OutC,
		outH: g.H, outW: g.W, outC: g.C,
	}
}

// inside reports whether no lattice point reads padding.
func (v *window) inside() bool {
	y0, y1 := v.y.span(0, v.y.count)
	x0, x1 := v.x.span(0, v.x.count)
	return y0 >= 0 && y1 <= v.inH && x0 >= 0 && x1 <= v.inW
}

// out returns the offset in the output of lattice point (ty, tx).
func (v *window) out(image, ty, tx int) int {
	return ((image*v.outH+v.y.first+ty*v.y.step)*v.outW + v.x.first + tx*v.x.step) * v.outC
}

// A patch is the input that some lattice rows of some images read, with zeros
// for padding: data begins at tap 0 of the first lattice point.
type patch struct {
	data                        []float32
	imageStep, rowStep, colStep int
}

// patchSteps returns the steps of the patches over count lattice rows and
// channels each.
func (v *window) patchSteps(count, channels int) patch {
	y0, y1 := v.y.span(0, count)
	x0, x1 := v.x.span(0, v.x.count)
	row := (x1 - x0) * channels
	return patch{imageStep: (y1 - y0) * row, rowStep: row, colStep: channels}
}

// view returns a patch that lies in x itself, for a window that is inside.
func (v *window) view(x []float32, image, t0, channel int) patch {
	y0, _ := v.y.span(t0, t0+1)
	x0, _ := v.x.span(0, 1)
	return patch{
		data:      x[((image*v.inH+y0)*v.inW+x0)*v.inC+channel:],
		imageStep: v.inH * v.inW * v.inC, rowStep: v.inW * v.inC, colStep: v.inC,
	}
}

// patchSlack is how far past the end of a patch an inner loop may read.
const patchSlack = 16

// copyPatch copies the channels [c0, c1) that lattice rows [t0, t1) of images
// [n0, n1) read to the worker's memory.
func (v *window) copyPatch(w *worker, x []float32, n0, n1, t0, t1, c0, c1 int) patch {
	p := v.patchSteps(t1-t0, c1-c0)
	p.data = w.patch.get((n1-n0)*p.imageStep + patchSlack)
	y0, y1 := v.y.span(t0, t1)
	x0, x1 := v.x.span(0, v.x.count)
	left, right := min(max(0, -x0), x1-x0), max(0, min(x1, v.inW)-max(x0, 0))
	for n := n0; n < n1; n++ {
		for y := y0; y < y1; y++ {
			row := p.data[(n-n0)*p.imageStep+(y-y0)*p.rowStep:][:p.rowStep]
			if y < 0 || y >= v.inH || right == 0 {
				clear(row)
				continue
			}
			clear(row[:left*p.colStep])
			clear(row[(left+right)*p.colStep:])
			from := ((n*v.inH+y)*v.inW+max(x0, 0))*v.inC + c0
			row = row[left*p.colStep : (left+right)*p.colStep]
			if p.colStep == v.inC {
				copy(row, x[from:])
				continue
			}
			for len(row) > 0 {
				copy(row[:p.colStep], x[from:])
				row, from = row[p.colStep:], from+v.inC
			}
		}
	}
	return p
}

// planeWidth is how many channels of a patch for depthwise loops lie side by
// side: a cache line.
const planeWidth = 16

// copyPlanes copies channels [c0, c1) that lattice rows [t0, t1) of an image
// read, as planes of planeWidth channels each: data is [planes, rows, columns,
// 16], so that the inputs of a vector of channels lie side by side. Channels
// beyond c1 are undefined.
func (v *window) copyPlanes(w *worker, x []float32, image, t0, t1, c0, c1 int) patch {
	p := v.patchSteps(t1-t0, planeWidth)
	planes := (c1 - c0 + planeWidth - 1) / planeWidth
	p.data = w.patch.get(planes * p.imageStep)
	y0, y1 := v.y.span(t0, t1)
	x0, x1 := v.x.span(0, v.x.count)
	left, middle := min(max(0, -x0), x1-x0), max(0, min(x1, v.inW)-max(x0, 0))
	for y := y0; y < y1; y++ {
		row := p.data[(y-y0)*p.rowStep:]
		inside := y >= 0 && y < v.inH && middle > 0
		for plane := range planes {
			row := row[plane*p.imageStep:][:p.rowStep]
			if !inside {
				clear(row)
				continue
			}
			clear(row[:left*planeWidth])
			clear(row[(left+middle)*planeWidth:])
		}
		if inside {
			from := ((image*v.inH+y)*v.inW+max(x0, 0))*v.inC + c0
			w.isa.planes(row[left*planeWidth:], x[from:], middle, c1-c0, p.imageStep, v.inC)
		}
	}
	return p
}

// planesPlain copies pixels of channels, pixelStep apart in src, to planes of
// planeWidth channels, planeStep apart in dst.
func planesPlain(dst, src []float32, pixels, channels, planeStep, pixelStep int) {
	for p := range pixels {
		for c := 0; c < channels; c += planeWidth {
			copy(dst[c/planeWidth*planeStep+p*planeWidth:], src[p*pixelStep+c:][:min(planeWidth, channels-c)])
		}
	}
}
