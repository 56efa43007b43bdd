package gokernel

import (
	"fmt"
	"slices"

	"finetune/internal/kernel"
)

// permuteTile is how many rows and columns are transposed at a time: two such
// tiles stay in the first-level cache.
const permuteTile = 64

// permuteJob copies elements in another order. Along the last axis the elements
// of dst lie together. If those of src do too, lines are copied, else there is an
// axis along which those of src do, and matrices of the two are transposed. A
// chunk is some units.
type permuteJob struct {
	dst, src []float32
	outer    []kernel.Axis // Around the matrices, outermost first.
	rows     kernel.Axis   // Of src; and
	cols     kernel.Axis   // along which it lies together.
	copies   bool          // dst lies together along cols too, else along rows.
	strip    int           // Rows of a unit, and
	strips   int           // units of a matrix.
	each     int           // Units of a chunk.
}

// Permute implements kernel.Backend.
func (b *Backend) Permute(dst, src []float32, axes []kernel.Axis) {
	j := &b.jobs.permute
	total := j.plan(axes)
	check("Permute", "dst", len(dst), total)
	check("Permute", "src", len(src), total)
	if total == 0 {
		return
	}
	j.dst, j.src = dst, src
	b.workers.run(j, (j.units()+j.each-1)/j.each)
	j.dst, j.src = nil, nil
}

// plan cuts the axes into matrices and what is around them, and returns the number
// of elements.
func (j *permuteJob) plan(axes []kernel.Axis) (total int) {
	total = 1
	j.outer = j.outer[:0]
	for _, a := range axes {
		total *= a.Size
		j.add(a)
	}
	j.cols, j.rows = j.take(len(j.outer)-1), kernel.Axis{Size: 1}
	j.copies = j.cols.From == 1
	if j.copies {
		j.rows = j.take(len(j.outer) - 1)
	} else {
		i := slices.IndexFunc(j.outer, func(a kernel.Axis) bool { return a.From == 1 })
		if i < 0 {
			panic(fmt.Sprintf("gokernel: Permute: axes %v: want one along which src lies together", axes))
		}
		j.rows, j.cols = j.cols, j.take(i)
	}
	j.strip = min(j.rows.Size, permuteTile)
	if j.copies {
		j.strip = min(j.rows.Size, max(1, elementwiseChunk/max(1, j.cols.Size)))
	}
	j.strips = (j.rows.Size + j.strip - 1) / max(1, j.strip)
	j.each = max(1, elementwiseChunk/max(1, j.strip*j.cols.Size))
	return total
}

// add puts an axis inside of the others; axes that lie together in both are one.
func (j *permuteJob) add(a kernel.Axis) {
	if a.Size == 1 {
		return
	}
	if n := len(j.outer); n > 0 && j.outer[n-1].To == a.Size*a.To && j.outer[n-1].From == a.Size*a.From {
		a.Size *= j.outer[n-1].Size
		j.outer = j.outer[:n-1]
	}
	j.outer = append(j.outer, a)
}

// take removes the i-th axis and returns it; one of one element if there is none.
func (j *permuteJob) take(i int) kernel.Axis {
	if i < 0 {
		return kernel.Axis{Size: 1, To: 1, From: 1}
	}
	a := j.outer[i]
	j.outer = append(j.outer[:i], j.outer[i+1:]...)
	return a
}

func (j *permuteJob) units() int {
	n := j.strips
	for _, a := range j.outer {
		n *= a.Size
	}
	return n
}

func (j *permuteJob) chunk(w *worker, i int) {
	for u := i * j.each; u < min((i+1)*j.each, j.units()); u++ {
		first := u % j.strips * j.strip
		count := min(j.strip, j.rows.Size-first)
		to, from := first*j.rows.To, first*j.rows.From
		rest := u / j.strips
		for k := len(j.outer) - 1; k >= 0; k-- {
			a := j.outer[k]
			to += rest % a.Size * a.To
			from += rest % a.Size * a.From
			rest /= a.Size
		}
		if j.copies {
			j.copyRows(to, from, count)
		} else {
			j.transpose(w, to, from, count)
		}
	}
}

func (j *permuteJob) copyRows(to, from, count int) {
	n := j.cols.Size
	for range count {
		copy(j.dst[to:to+n], j.src[from:from+n])
		to += j.rows.To
		from += j.rows.From
	}
}

func (j *permuteJob) transpose(w *worker, to, from, count int) {
	for c := 0; c < j.cols.Size; c += permuteTile {
		columns := min(permuteTile, j.cols.Size-c)
		w.isa.transpose(j.dst[to+c*j.cols.To:], j.src[from+c:], count, columns, j.cols.To, j.rows.From)
	}
}
