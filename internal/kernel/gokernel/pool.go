package gokernel

import (
	"math"

	"finetune/internal/kernel"
)

// poolJob is one of the pooling kernels. A chunk of the forward kernels is an
// output row, one of the gradients is an image.
type poolJob struct {
	run    func(j *poolJob, w *worker, i int)
	y, x   []float32
	argmax []int32
	g      kernel.Pool
}

func (j *poolJob) chunk(w *worker, i int) { j.run(j, w, i) }

func (b *Backend) pool(j poolJob, chunks int) {
	b.jobs.pool = j
	b.workers.run(&b.jobs.pool, chunks)
	b.jobs.pool = poolJob{}
}

// MaxPool implements kernel.Backend. A window of padding alone has value -Inf
// and index -1.
func (b *Backend) MaxPool(y []float32, argmax []int32, x []float32, g kernel.Pool) {
	checkPool("MaxPool", x, y, g)
	check("MaxPool", "argmax", len(argmax), len(y))
	b.pool(poolJob{run: maxPoolRow, y: y, x: x, argmax: argmax, g: g}, g.N*g.OutH)
}

func maxPoolRow(j *poolJob, _ *worker, i int) {
	g := &j.g
	image, oy := i/g.OutH, i%g.OutH
	for ox := range g.OutW {
		at := (i*g.OutW + ox) * g.C
		y, argmax := j.y[at:at+g.C], j.argmax[at:at+g.C]
		for c := range y {
			y[c], argmax[c] = float32(math.Inf(-1)), -1
		}
		for ky := range g.KernelH {
			iy := oy*g.StrideH - g.PadTop + ky*g.DilationH
			if iy < 0 || iy >= g.H {
				continue
			}
			for kx := range g.KernelW {
				ix := ox*g.StrideW - g.PadLeft + kx*g.DilationW
				if ix < 0 || ix >= g.W {
					continue
				}
				from := ((image*g.H+iy)*g.W + ix) * g.C
				maxInto(y, argmax, j.x[from:from+g.C], int32(from))
			}
		}
	}
}

// maxInto replaces what x exceeds. NaN exceeds every number.
func maxInto(y []float32, argmax []int32, x []float32, from int32) {
	x, argmax = x[:len(y)], argmax[:len(y)]
	for c, v := range x {
		if v <= y[c] && argmax[c] >= 0 || y[c] != y[c] {
			continue
		}
		y[c], argmax[c] = v, from+int32(c)
	}
}

// MaxPoolGrad implements kernel.Backend.
func (b *Backend) MaxPoolGrad(dx, dy []float32, argmax []int32, g kernel.Pool) {
	checkPool("MaxPoolGrad", dx, dy, g)
	check("MaxPoolGrad", "argmax", len(argmax), len(dy))
	b.pool(poolJob{run: maxPoolGradImage, y: dy, x: dx, argmax: argmax, g: g}, g.N)
}

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

// AveragePool implements kernel.Backend. A window of padding alone that does
// not count has value zero.
func (b *Backend) AveragePool(y, x []float32, g kernel.Pool) {
	checkPool("AveragePool", x, y, g)
	b.pool(poolJob{run: averagePoolRow, y: y, x: x, g: g}, g.N*g.OutH)
}

func averagePoolRow(j *poolJob, w *worker, i int) {
	g := &j.g
	image, oy := i/g.OutH, i%g.OutH
	for ox := range g.OutW {
		y := j.y[(i*g.OutW+ox)*g.C:][:g.C]
		clear(y)
		for ky := range g.KernelH {
			iy := oy*g.StrideH - g.PadTop + ky*g.DilationH
			if iy < 0 || iy >= g.H {
				continue
			}
			for kx := range g.KernelW {
				if ix := ox*g.StrideW - g.PadLeft + kx*g.DilationW; ix >= 0 && ix < g.W {
					w.isa.add(y, y, j.x[((image*g.H+iy)*g.W+ix)*g.C:][:g.C])
				}
			}
		}
		scale := 1 / float32(max(1, averageDivisor(g, oy, ox)))
		for c := range y {
			y[c] *= scale
		}
	}
}

// averageDivisor returns how many positions of a window count.
func averageDivisor(g *kernel.Pool, oy, ox int) int {
	top, bottom, left, right := 0, g.H, 0, g.W
	if g.CountIncludePad {
		top, bottom, left, right = -g.PadTop, g.H+g.PadBottom, -g.PadLeft, g.W+g.PadRight
	}
	return inside(oy*g.StrideH-g.PadTop, g.KernelH, g.DilationH, top, bottom) *
		inside(ox*g.StrideW-g.PadLeft, g.KernelW, g.DilationW, left, right)
}

// inside returns how many of the n positions from first, step apart, are in
// [lo, hi).
func inside(first, n, step, lo, hi int) int {
	count := 0
	for i := range n {
		if p := first + i*step; lo <= p && p < hi {
			count++
		}
	}
	return count
}

// AveragePoolGrad implements kernel.Backend.
func (b *Backend) AveragePoolGrad(dx, dy []float32, g kernel.Pool) {
	checkPool("AveragePoolGrad", dx, dy, g)
	b.pool(poolJob{run: averagePoolGradImage, y: dy, x: dx, g: g}, g.N)
}

func averagePoolGradImage(j *poolJob, w *worker, image int) {
	g := &j.g
	clear(j.x[image*g.H*g.W*g.C:][:g.H*g.W*g.C])
	scaled := w.sums.get(g.C)
	for oy := range g.OutH {
		for ox := range g.OutW {
			scale := 1 / float32(max(1, averageDivisor(g, oy, ox)))
			for c, v := range j.y[((image*g.OutH+oy)*g.OutW+ox)*g.C:][:g.C] {
				scaled[c] = v * scale
			}
			for ky := range g.KernelH {
				iy := oy*g.StrideH - g.PadTop + ky*g.DilationH
				if iy < 0 || iy >= g.H {
					continue
				}
				for kx := range g.KernelW {
					if ix := ox*g.StrideW - g.PadLeft + kx*g.DilationW; ix >= 0 && ix < g.W {
						dx := j.x[((image*g.H+iy)*g.W+ix)*g.C:][:g.C]
						w.isa.add(dx, dx, scaled)
					}
				}
			}
		}
	}
}

func checkPool(op string, x, y []float32, g kernel.Pool) {
	check(op, "input", len(x), g.N*g.H*g.W*g.C)
	check(op, "output", len(y), g.N*g.OutH*g.OutW*g.C)
}
