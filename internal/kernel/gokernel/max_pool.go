package gokernel

import (
	"math"

	"finetune/internal/kernel"
)

// MaxPool implements kernel.Backend. A window of padding alone has value -Inf
// and index -1.
func (b *Backend) MaxPool(y []float32, argmax []int32, x []float32, g kernel.Pool) {
	checkPool("MaxPool", x, y, g)
	check("MaxPool", "argmax", len(argmax), len(y))
	b.pool(poolJob{run: maxPoolRow, y: y, x: x, argmax: argmax, g: g}, g.N*g.OutH)
}

func maxPoolRow(j *poolJob, w *worker, i int) {
	g := &j.g
	image, oy := i/g.OutH, i%g.OutH
	top, rows := taps(oy*g.StrideH-g.PadTop, g.KernelH, g.DilationH, g.H)
	for ox := range g.OutW {
		at := (i*g.OutW + ox) * g.C
		y, argmax := j.y[at:at+g.C], j.argmax[at:at+g.C]
		left, cols := taps(ox*g.StrideW-g.PadLeft, g.KernelW, g.DilationW, g.W)
		if rows == 0 || cols == 0 {
			for c := range y {
				y[c], argmax[c] = float32(math.Inf(-1)), -1
			}
			continue
		}
		from := ((image*g.H+top)*g.W + left) * g.C
		w.isa.maxWindow(y, argmax, j.x[from:], rows, cols, g.DilationH*g.W*g.C, g.DilationW*g.C, from)
	}
}

// taps returns the first of the n positions from first on, step apart, that is
// in [0, size), and how many are.
func taps(first, n, step, size int) (from, count int) {
	skip := 0
	if first < 0 {
		skip = min(n, (-first+step-1)/step)
	}
	from = first + skip*step
	return from, max(0, min(n-skip, (size-from+step-1)/step))
}

// maxWindowPlain computes y [C] and argmax [C], the maximum of a window of
// rows·cols pixels, of which there is one at least, and its index: that of x[0]
// is index. rowStep and colStep are the elements from a pixel of x to the next.
//
// Of equal maxima the first one counts. NaN exceeds every number.
func maxWindowPlain(y []float32, argmax []int32, x []float32, rows, cols, rowStep, colStep, index int) {
	copy(y, x)
	for c := range argmax {
		argmax[c] = int32(index + c)
	}
	for row := range rows {
		for col := range cols {
			at := row*rowStep + col*colStep
			maxInto(y, argmax, x[at:at+len(y)], int32(index+at))
		}
	}
}

// maxInto replaces what x exceeds.
func maxInto(y []float32, argmax []int32, x []float32, from int32) {
	x, argmax = x[:len(y)], argmax[:len(y)]
	for c, v := range x {
		if v <= y[c] || y[c] != y[c] {
			continue
		}
		y[c], argmax[c] = v, from+int32(c)
	}
}

// MaxPoolGrad implements kernel.Backend.
func (b *Backend) MaxPoolGrad(dx, dy []float32, argmax []int32, g kernel.Pool) {
	checkPool("MaxPoolGrad", dx, dy, g)
	check("MaxPoolGrad", "argmax", len(argmax), len(dy))
	j := poolJob{run: maxPoolGradImage, y: dy, x: dx, argmax: argmax, g: g}
	if b.gathers(g) {
		j.run, j.stream = maxPoolGradRow, b.streams(dx) && g.C%cacheLine == 0
		b.pool(j, g.N*g.H)
		return
	}
	b.pool(j, g.N)
}

// fewWindows is how many windows may hold a pixel for a gradient to be gathered
// from all of them.
const fewWindows = 9

// gathers reports whether to compute a gradient pixel by pixel of the input. The
// order of each sum is the same in both ways, and so are its bytes.
func (b *Backend) gathers(g kernel.Pool) bool {
	windows := func(kernel, stride, dilation, out int) int { return min(out, (kernel-1)*dilation/stride+1) }
	return b.isa.maxWindowGrad != nil && g.C >= 8 &&
		windows(g.KernelH, g.StrideH, g.DilationH, g.OutH)*windows(g.KernelW, g.StrideW, g.DilationW, g.OutW) <= fewWindows
}

// maxPoolGradImage scatters dy to where the maxima are.
func maxPoolGradImage(j *poolJob, _ *worker, image int) {
	in, out := j.g.H*j.g.W*j.g.C, j.g.OutH*j.g.OutW*j.g.C
	clear(j.x[image*in : (image+1)*in])
	argmax := j.argmax[image*out : (image+1)*out]
	for i, v := range j.y[image*out : (image+1)*out] {
		if at := argmax[i]; at >= 0 {
			j.x[at] += v
		}
	}
}

// maxPoolGradRow gathers a row of dx from the windows that may hold its pixels.
func maxPoolGradRow(j *poolJob, w *worker, i int) {
	g := &j.g
	image, iy := i/g.H, i%g.H
	top, bottom := covering(iy+g.PadTop, 0, 0, (g.KernelH-1)*g.DilationH, g.StrideH, g.OutH)
	grad := w.isa.maxWindowGrad
	if j.stream {
		grad = w.isa.maxWindowGradStream
		defer w.isa.fence()
	}
	left, right := 0, 0
	for ix := range g.W {
		left, right = covering(ix+g.PadLeft, left, right, (g.KernelW-1)*g.DilationW, g.StrideW, g.OutW)
		at, from := (i*g.W+ix)*g.C, ((image*g.OutH+top)*g.OutW+left)*g.C
		dx := j.x[at : at+g.C]
		if top == bottom || left == right {
			clear(dx)
			continue
		}
		grad(dx, j.y[from:], j.argmax[from:], bottom-top, right-left, g.OutW*g.C, g.C, at)
	}
}

// covering returns the outputs [lo, hi) whose windows, which reach from o·stride
// to o·stride + reach, may hold a position. lo and hi are those of a position
// before it, or zero.
func covering(position, lo, hi, reach, stride, out int) (int, int) {
	for hi < out && hi*stride <= position {
		hi++
	}
	for lo < hi && lo*stride+reach < position {
		lo++
	}
	return lo, hi
}

// maxWindowGradPlain computes dx [C], the sum of dy over rows·cols pixels, of
// which there is one at least, where argmax is the index of dx: that of dx[0] is
// index. rowStep and colStep are the elements from a pixel of dy to the next.
func maxWindowGradPlain(dx, dy []float32, argmax []int32, rows, cols, rowStep, colStep, index int) {
	for c := range dx {
		sum := float32(0)
		for row := range rows {
			for col := range cols {
				if at := row*rowStep + col*colStep + c; argmax[at] == int32(index+c) {
					sum += dy[at]
				}
			}
		}
		dx[c] = sum
	}
}
