package gokernel

import (
	"fmt"

	"finetune/internal/kernel"
)

// stackJob multiplies many small matrices. A chunk is some rows of one product,
// for which it packs B, or reads it where it lies if A is transposed.
type stackJob struct {
	product
	kernel.Stack
	c, a, b   []float32
	list      []kernel.Product
	chunkRows int
}

// fairStack is how many chunks keep threads from waiting long for the last one.
// As many rows as fewestRows pay for a chunk's packing of B, and largestStacked is
// the size in floats of a B that it packs.
const fairStack, fewestRows, largestStacked = 16, 48, 1 << 18

// MatMulStack implements kernel.Backend.
func (b *Backend) MatMulStack(c, a, bb []float32, list []kernel.Product, s kernel.Stack) {
	checkStack(len(c), len(a), len(bb), list, s)
	if s.M == 0 || s.N == 0 || len(list) == 0 {
		return
	}
	if s.TransA && s.TransB || s == s.Packed() && s.K*s.N > largestStacked {
		if s != s.Packed() {
			panic(fmt.Sprintf("gokernel: MatMulStack: %+v: both transposed, with rows apart", s))
		}
		for _, p := range list {
			b.MatMul(c[p.C:p.C+s.M*s.N], a[p.A:p.A+s.M*s.K], bb[p.B:p.B+s.K*s.N], nil, s.M, s.N, s.K, s.TransA, s.TransB)
		}
		return
	}
	j := &b.jobs.stack
	j.Stack, j.c, j.a, j.b, j.list = s, c, a, bb, list
	j.init(b.isa, s.N, s.K, kernel.Activation{})
	if s.K > 0 {
		j.blocks = appendRun(j.blocks, 0, 0, s.K, b.isa.blockK())
	}
	strips := min((fairStack+len(list)-1)/len(list), (s.M+fewestRows-1)/fewestRows)
	j.chunkRows = evenly(s.M, strips, b.isa.rows)
	b.workers.run(j, len(list)*j.strips())
	j.c, j.a, j.b, j.list = nil, nil, nil, nil
}

// checkStack panics unless all products lie inside of what they read and write.
func checkStack(c, a, b int, list []kernel.Product, s kernel.Stack) {
	spans := func(rows, cols, ld int) int {
		if rows == 0 || cols == 0 {
			return 0
		}
		return (rows-1)*ld + cols
	}
	sizeC, sizeA, sizeB := spans(s.M, s.N, s.LdC), spans(s.M, s.K, s.LdA), spans(s.K, s.N, s.LdB)
	if s.TransA {
		sizeA = spans(s.K, s.M, s.LdA)
	}
	if s.TransB {
		sizeB = spans(s.N, s.K, s.LdB)
	}
	for _, p := range list {
		if p.C+sizeC > c || p.A+sizeA > a || p.B+sizeB > b {
			panic(fmt.Sprintf("gokernel: MatMulStack: lengths %d, %d and %d: want %d, %d and %d at least", c, a, b, p.C+sizeC, p.A+sizeA, p.B+sizeB))
		}
	}
}

func (j *stackJob) strips() int { return (j.M + j.chunkRows - 1) / j.chunkRows }

func (j *stackJob) chunk(w *worker, i int) {
	at, first := j.list[i/j.strips()], i%j.strips()*j.chunkRows
	count := min(j.chunkRows, j.M-first)
	c, b := j.c[at.C+first*j.LdC:], j.b[at.B:]
	if j.TransA {
		j.outer(w, c, j.a[at.A+first:], b, count, j.M-first)
		return
	}
	pack := packJob{product: j.product, panels: w.panel.get(w.isa.padded(j.N) * j.K), src: b, count: j.K, rowStep: j.LdB, colStep: 1}
	if j.TransB {
		pack.rowStep, pack.colStep = 1, j.LdB
	}
	for p := range len(j.blocks) * w.isa.padded(j.N) / j.panel {
		pack.chunk(w, p)
	}
	rows, outs := w.tileOffsets(count)
	for r := range rows {
		row := min(r, count-1)
		rows[r], outs[r] = row*j.LdA, row*j.LdC
	}
	j.multiply(w, operand{
		c: c, a: j.a[at.A+first*j.LdA:], panels: pack.panels, rows: rows, outs: outs, ahead: w.isa.rows * j.LdA,
	}, 0, j.N)
}

// outer computes some rows of C from columns of A, of which there are some more.
func (j *stackJob) outer(w *worker, c, a, b []float32, count, more int) {
	for r := range count {
		clear(c[r*j.LdC:][:j.N])
	}
	for row := 0; row < j.K; row += outerRows {
		w.addOuter(outerSum{
			c: c, ldc: j.LdC, m: count, n: j.N,
			a: a[row*j.LdA:], stepA: j.LdA,
			b: b[row*j.LdB:], stepB: j.LdB,
			k: min(outerRows, j.K-row), segments: 1,
		}, more >= w.isa.rows)
	}
}
