package gokernel

import "finetune/internal/kernel"

// A gradFinish does what follows a gradient of input, to the part of it that a
// chunk has just computed, which is still in a cache. A nil one does nothing.
type gradFinish struct {
	kernel.GradFinish
	cols  int
	width int       // Of the sums of a part: cols, and as many again for a normalization.
	sums  []float32 // [parts, width].
}

// ConvGradInputFinish implements kernel.Backend.
func (b *Backend) ConvGradInputFinish(dx, dy, w, scale []float32, g kernel.Conv, f kernel.GradFinish) {
	checkFinish("ConvGradInputFinish", len(dx), g.C, f)
	if finish := b.finishes(len(dx), g, f); finish != nil {
		b.convGradInput(dx, dy, w, scale, g, finish)
		*finish = gradFinish{}
		return
	}
	b.ConvGradInput(dx, dy, w, scale, g)
	b.FinishGrad(dx, g.N*g.H*g.W, g.C, f)
}

// finishes returns what does f to the chunks of a gradient of that size, or nil if it has
// to follow the gradient.
func (b *Backend) finishes(size int, g kernel.Conv, f kernel.GradFinish) *gradFinish {
	at := isMatrix(g) || isDepthwise(g) && f.Plus == nil
	if !at || size == 0 || f.Act.Kind != kernel.Clip && f.Act.Kind != kernel.Identity {
		return nil
	}
	b.jobs.finish = gradFinish{GradFinish: f, cols: g.C, width: g.C}
	if f.X != nil {
		b.jobs.finish.width *= 2
	}
	return &b.jobs.finish
}

// FinishGrad does f to dx [rows, cols], a gradient of input.
func (b *Backend) FinishGrad(dx []float32, rows, cols int, f kernel.GradFinish) {
	if f.Plus != nil {
		b.Add(dx, dx, f.Plus)
	}
	linear := f.Act.Kind == kernel.Identity
	switch {
	case f.X == nil && linear:
		b.ColumnSums(f.Sums, dx, rows, cols)
		return
	case f.X == nil:
		b.ActivateGradSums(dx, f.Sums, dx, nil, f.Y, rows, cols, f.Act)
		return
	case !linear:
		b.ActivateGrad(dx, dx, nil, f.Y, f.Act)
	}
	b.BatchNormGradSums(f.Sums, f.SumsXhat, dx, f.X, f.Mean, f.InvStd, rows, cols)
}

func checkFinish(op string, size, cols int, f kernel.GradFinish) {
	checkOptional(op, "Plus", f.Plus, size)
	if f.Act.Kind != kernel.Identity {
		check(op, "Y", len(f.Y), size)
	}
	check(op, "Sums", len(f.Sums), cols)
	if f.X != nil {
		check(op, "X", len(f.X), size)
		check(op, "Mean", len(f.Mean), cols)
		check(op, "InvStd", len(f.InvStd), cols)
		check(op, "SumsXhat", len(f.SumsXhat), cols)
	}
}

// begin takes memory for the sums of some parts. Each chunk finishes some
// columns of one part.
func (f *gradFinish) begin(b *Backend, parts int) {
	if f == nil {
		return
	}
	f.sums = b.parts.get(parts * f.width)
	clear(f.sums)
}

// end adds the sums of all parts.
func (f *gradFinish) end(b *Backend) {
	if f == nil {
		return
	}
	parts := len(f.sums) / f.width
	total := f.sums[:f.width]
	b.combine(total, f.sums, parts)
	copy(f.Sums, total)
	if f.X == nil {
		return
	}
	for c, v := range total[f.cols:] {
		f.SumsXhat[c] = v * f.InvStd[c]
	}
}

// finish does it to some rows of dx that begin at an offset, to columns [c0, c1).
func (f *gradFinish) finish(w *worker, dx []float32, part, at, rows, c0, c1 int) {
	if f != nil {
		f.finishFrom(w, nil, 0, dx, part, at, rows, c0, c1)
	}
}

// finishFrom is finish of columns that are in src yet, step apart, which it puts into dx
// past the caches; src is nil if they are in dx.
func (f *gradFinish) finishFrom(w *worker, src []float32, step int, dx []float32, part, at, rows, c0, c1 int) {
	sums := f.sums[part*f.width:][:f.width]
	run := w.isa.gradSums
	if src != nil {
		run = w.isa.gradSumsStream
	}
	for r := 0; r < rows; r += longestSum {
		for c := c0; c < c1; c += w.isa.panel {
			from := at + r*f.cols + c
			w.gradSums = gradSums{
				dx: dx[from:], sums: sums[c:],
				rows: min(longestSum, rows-r), step: f.cols, columns: min(w.isa.panel, c1-c),
				lo: f.Act.Alpha, hi: f.Act.Beta,
			}
			if src != nil {
				w.gradSums.from, w.gradSums.fromStep = src[r*step+c-c0:], step
			}
			if f.Act.Kind != kernel.Identity {
				w.gradSums.y = f.Y[from:]
			}
			if f.X != nil {
				w.gradSums.x, w.gradSums.mean, w.gradSums.sumsX = f.X[from:], f.Mean[c:], sums[f.cols+c:]
			}
			run(&w.gradSums)
		}
	}
	if src != nil {
		w.isa.fence()
	}
}

// apart reports whether to compute dx beside where it will be, and to finish it from
// there past the caches: lines that are neither read nor in a cache when they are
// written cost half as much again.
func (f *gradFinish) apart(b *Backend, dx []float32) bool {
	return f != nil && b.isa.gradSumsStream != nil && f.cols%cacheLine == 0 && b.streams(dx)
}

// plus returns what is added to dx first, or nil.
func (f *gradFinish) plus() []float32 {
	if f == nil {
		return nil
	}
	return f.Plus
}

// A gradSums takes some rows of dx, step apart, through the bounds of y if there is one, and
// adds their columns to sums and, if there is an x, those of dx·(x−mean) to sumsX. A loop that
// streams takes the rows of from instead, fromStep apart, and fills dx.
type gradSums struct {
	dx, y, x, mean      []float32
	from                []float32
	fromStep            int
	sums, sumsX         []float32
	rows, step, columns int
	lo, hi              float32
}

func gradSumsPlain(g *gradSums) {
	for r := range g.rows {
		dx := g.dx[r*g.step:][:g.columns]
		if g.y != nil {
			clipGradPlain(dx, dx, g.y[r*g.step:][:g.columns], g.lo, g.hi)
		}
		addPlain(g.sums[:g.columns], g.sums, dx)
		if g.x == nil {
			continue
		}
		x := g.x[r*g.step:][:g.columns]
		for c, d := range dx {
			g.sumsX[c] += d * (x[c] - g.mean[c])
		}
	}
}
