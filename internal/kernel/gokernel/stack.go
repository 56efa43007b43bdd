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
	softmax   bool      // Take rows of C to their Softmax, or through
	y         []float32 // its gradient, if this is not nil.
}

// fairStack is how many chunks keep threads from waiting long for the last one.
// As many rows as fewestRows pay for a chunk's packing of B, and largestStacked is
// the size in floats of a B that it packs.
const fairStack, fewestRows, largestStacked = 16, 48, 1 << 18

// stackedRows is how many rows of A and B are summed in registers at once: few, so
// that most are prefetched by the sums of those before them.
const stackedRows = 48

// MatMulStackSoftmax implements kernel.Backend.
func (b *Backend) MatMulStackSoftmax(c, a, bb, y []float32, list []kernel.Product, s kernel.Stack) {
	checkOptional("MatMulStackSoftmax", "y", y, len(c))
	j := &b.jobs.stack
	j.softmax, j.y = true, y
	b.MatMulStack(c, a, bb, list, s)
	j.softmax, j.y = false, nil
}

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
			b.softmaxProduct(c, p.C, s)
		}
		return
	}
	j := &b.jobs.stack
	j.Stack, j.c, j.a, j.b, j.list = s, c, a, bb, list
	j.init(b.isa, s.N, s.K, kernel.Activation{})
	if s.K > 0 {
		j.blocks = appendRun(j.blocks, 0, 0, s.K)
	}
	strips := min((fairStack+len(list)-1)/len(list), (s.M+fewestRows-1)/fewestRows)
	j.chunkRows = evenly(s.M, strips, b.isa.rows)
	b.workers.run(j, len(list)*j.strips())
	j.c, j.a, j.b, j.list = nil, nil, nil, nil
}

// softmaxProduct does to a whole product of a stack what its job says.
func (b *Backend) softmaxProduct(c []float32, at int, s kernel.Stack) {
	j, end := &b.jobs.stack, at+s.M*s.N
	switch {
	case !j.softmax:
	case j.y == nil:
		b.Softmax(c[at:end], c[at:end], s.M, s.N, 1)
	default:
		b.SoftmaxGrad(c[at:end], c[at:end], j.y[at:end], s.M, s.N, 1)
	}
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
		j.finish(w, at.C+first*j.LdC, count)
		return
	}
	pack := packJob{product: j.product, panels: w.panel.get(w.isa.padded(j.N) * j.K), src: b, count: j.K, step: j.LdB, transposed: j.TransB}
	pack.all(w)
	rows, outs := w.tileOffsets(count)
	for r := range rows {
		row := min(r, count-1)
		rows[r], outs[r] = row*j.LdA, row*j.LdC
	}
	j.multiply(w, operand{
		c: c, a: j.a[at.A+first*j.LdA:], panels: pack.panels, rows: rows, outs: outs, ahead: w.isa.rows * j.LdA,
	}, 0, j.N)
	j.finish(w, at.C+first*j.LdC, count)
}

// finish takes rows of C, which are in a cache, to their Softmax or through its
// gradient.
func (j *stackJob) finish(w *worker, at, rows int) {
	if !j.softmax {
		return
	}
	for range rows {
		c := j.c[at : at+j.N]
		if j.y == nil {
			softmaxOf(w.isa, j.N)(c, c)
		} else {
			softmaxGradOf(w.isa, j.N)(c, c, j.y[at:at+j.N])
		}
		at += j.LdC
	}
}

// outer computes some rows of C from columns of A, of which there are some more.
func (j *stackJob) outer(w *worker, c, a, b []float32, count, more int) {
	if j.K == 0 {
		clearRows(c, count, j.N, j.LdC)
	}
	each := evenly(j.K, max(1, (j.K+stackedRows-1)/stackedRows), 1)
	for row := 0; row < j.K; row += each {
		o := outerSum{
			c: c, ldc: j.LdC, m: count, n: j.N,
			a: a[row*j.LdA:], stepA: j.LdA,
			b: b[row*j.LdB:], stepB: j.LdB,
			k: min(each, j.K-row), segments: 1, fresh: row == 0,
		}
		if row+2*each <= j.K {
			o.aheadA, o.aheadB = each*j.LdA, each*j.LdB
		}
		w.addOuter(o, more >= w.isa.rows)
	}
}
