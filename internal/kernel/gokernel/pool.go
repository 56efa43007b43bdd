package gokernel

import "finetune/internal/kernel"

// poolJob is one of the pooling kernels. A chunk of the forward kernels is an
// output row, one of the gradients is an image or, where they are gathered, a
// row of it.
type poolJob struct {
	run    func(j *poolJob, w *worker, i int)
	y, x   []float32
	argmax []int32
	g      kernel.Pool
	stream bool // Store past the caches; what is written is aligned to a vector.
}

func (j *poolJob) chunk(w *worker, i int) { j.run(j, w, i) }

func (b *Backend) pool(j poolJob, chunks int) {
	b.jobs.pool = j
	b.workers.run(&b.jobs.pool, chunks)
	b.jobs.pool = poolJob{}
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
