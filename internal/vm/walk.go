package vm

import "finetune/internal/kernel"

// A walk goes over the elements of several tensors at once, one of which all
// others broadcast to. Axes that lie together in all of them are one.
type walk struct {
	axes []walkAxis // Outermost first; at least one.
	cut  int        // The axis that is cut into parts for the workers.
}

// walkMost is the most tensors of a walk.
const walkMost = 3

type walkAxis struct {
	size    int
	strides [walkMost]int // Of each tensor; 0 where it repeats.
}

// newWalk returns the walk in the order in which whole lies in memory.
func newWalk(whole *value, tensors ...*value) *walk {
	w := &walk{}
	rank := len(whole.shape)
	for _, axis := range physical(whole) {
		a := walkAxis{size: whole.shape[axis]}
		if a.size == 1 {
			continue
		}
		for k, v := range tensors {
			if at := axis - rank + len(v.shape); at >= 0 && v.shape[at] > 1 {
				a.strides[k] = v.stride(at)
			}
		}
		w.add(a)
	}
	if len(w.axes) == 0 {
		w.axes = []walkAxis{{size: 1}}
	}
	return w
}

// physical lists the axes of v as they lie in memory, outermost first.
func physical(v *value) []int {
	switch v.layout {
	case nhwc:
		return []int{0, 2, 3, 1}
	case hwio:
		return []int{2, 3, 1, 0}
	}
	axes := make([]int, len(v.shape))
	for i := range axes {
		axes[i] = i
	}
	return axes
}

// stride returns how far neighbours along an axis lie apart.
func (v *value) stride(axis int) int {
	order := physical(v)
	stride := 1
	for i := len(order) - 1; order[i] != axis; i-- {
		stride *= v.shape[order[i]]
	}
	return stride
}

// add puts an axis inside of the others.
func (w *walk) add(a walkAxis) {
	if len(w.axes) > 0 {
		last := &w.axes[len(w.axes)-1]
		together := true
		for k := range walkMost {
			together = together && last.strides[k] == a.size*a.strides[k]
		}
		if together {
			last.size *= a.size
			last.strides = a.strides
			return
		}
	}
	w.axes = append(w.axes, a)
}

// inner returns the innermost axis.
func (w *walk) inner() walkAxis { return w.axes[len(w.axes)-1] }

// chunk is how many elements a worker should have at least.
const chunk = 1 << 13

// parts cuts the walk into parts that workers take, of which none writes what
// another one reads or writes: along the largest axis that tensor owner does
// not repeat along. It returns the number of parts.
func (w *walk) parts(owner int) int {
	total := 1
	w.cut = -1
	for i, a := range w.axes {
		total *= a.size
		if a.strides[owner] != 0 && (w.cut < 0 || a.size > w.axes[w.cut].size) {
			w.cut = i
		}
	}
	if w.cut < 0 {
		w.cut = 0
		return 1
	}
	return max(1, min(w.axes[w.cut].size, total/chunk))
}

// part calls f for each innermost line of part i of n: where it begins in each
// tensor, and how many elements it has.
func (w *walk) part(i, n int, f func(at [walkMost]int, count int)) {
	size := w.axes[w.cut].size
	w.lines(0, size*i/n, size*(i+1)/n, [walkMost]int{}, f)
}

func (w *walk) lines(axis, lo, hi int, at [walkMost]int, f func(at [walkMost]int, count int)) {
	a := &w.axes[axis]
	from, to := 0, a.size
	if axis == w.cut {
		from, to = lo, hi
	}
	for k := range walkMost {
		at[k] += from * a.strides[k]
	}
	if axis == len(w.axes)-1 {
		f(at, to-from)
		return
	}
	for range to - from {
		w.lines(axis+1, lo, hi, at, f)
		for k := range walkMost {
			at[k] += a.strides[k]
		}
	}
}

// over returns what walks on all workers, calling f for each innermost line.
// Parts are cut for the tensor owner.
func (w *walk) over(b kernel.Backend, owner int, f func(at [walkMost]int, count int)) func() {
	n := w.parts(owner)
	do := func(i int) { w.part(i, n, f) }
	return func() { b.Parallel(n, do) }
}

// flat returns what calls f for parts of [0, size) on all workers.
func flat(b kernel.Backend, size int, f func(lo, hi int)) func() {
	n := max(1, size/chunk)
	do := func(i int) { f(size*i/n, size*(i+1)/n) }
	return func() { b.Parallel(n, do) }
}

// flatRows returns what calls f for each of the rows on all workers.
func flatRows(p *planner, rows, cols int, f func(row int)) func() {
	n := max(1, min(rows, rows*cols/chunk))
	do := func(i int) {
		for row := rows * i / n; row < rows*(i+1)/n; row++ {
			f(row)
		}
	}
	return func() { p.Backend.Parallel(n, do) }
}
