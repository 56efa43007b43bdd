package vm

import (
	"cmp"
	"maps"
	"slices"
)

// alignment of values in the arena, in floats: a cache line.
const alignment = 16

// place gives every value of the steps its storage: one arena, in which values
// whose lives do not overlap share memory. kept values live to the end.
func place(steps []step, kept []*value) (arena []float32) {
	roots := liveness(steps, kept)
	reuse(steps)
	var own []*value
	for _, v := range roots {
		if v.view == nil && !v.fixed {
			own = append(own, v)
		}
	}
	arena = make([]float32, assign(own))
	bind(arena, steps, kept)
	return arena
}

// bind points the values of the steps at their places in the arena.
func bind(arena []float32, steps []step, kept []*value) {
	point := func(v *value) {
		r, at := v.place()
		if !r.fixed {
			r.data = arena[r.offset : r.offset+r.size() : r.offset+r.size()]
		}
		v.data = r.data[at : at+v.size() : at+v.size()]
	}
	for _, s := range steps {
		for _, v := range s.writes {
			point(v)
		}
		for _, v := range s.reads {
			point(v)
		}
	}
	for _, v := range kept {
		point(v)
	}
}

// ShareArena gives machines the arena of the one that needs most. They must
// never run at once, and the outputs of one have to be read before another
// runs.
func ShareArena(machines ...*Machine) {
	var largest []float32
	for _, m := range machines {
		if len(m.arena) > len(largest) {
			largest = m.arena
		}
	}
	for _, m := range machines {
		m.arena = largest[:len(m.arena)]
		bind(m.arena, m.steps, slices.Collect(maps.Values(m.outputs)))
	}
}

// liveness records on every root the steps that write it first and use it
// last, and returns the roots in order of their first step.
func liveness(steps []step, kept []*value) []*value {
	var roots []*value
	touch := func(v *value, at int) {
		r := v.root()
		if r.first < 0 {
			r.first = at
			roots = append(roots, r)
		}
		r.last = max(r.last, at)
	}
	for at, s := range steps {
		for _, v := range s.reads {
			touch(v, at)
		}
		for _, v := range s.writes {
			touch(v, at)
		}
	}
	for _, v := range kept {
		touch(v, len(steps))
	}
	return roots
}

// reuse lets steps write over an operand that nothing needs any more.
func reuse(steps []step) {
	for at, s := range steps {
		for _, candidate := range s.reuse {
			dst, src := s.writes[0].root(), candidate.root()
			if s.writes[0].size() != dst.size() || candidate.size() != src.size() {
				continue // Parts of others.
			}
			if dst == src || dst.fixed || src.fixed || dst.first != at || src.last != at || dst.size() != src.size() {
				continue
			}
			dst.view = src
			src.last = dst.last
			break
		}
	}
}

// assign places the largest values first, each at the lowest offset where it
// meets none that lives at the same time, and returns the size of the arena.
func assign(values []*value) int {
	bySize := slices.Clone(values)
	slices.SortStableFunc(bySize, func(a, b *value) int { return cmp.Compare(b.size(), a.size()) })
	var placed []span // By offset.
	total := 0
	for _, v := range bySize {
		mine, size := span{first: v.first, last: v.last}, v.size()
		for _, other := range placed {
			if other.last < mine.first || mine.last < other.first {
				continue
			}
			if mine.offset+size <= other.offset {
				break
			}
			mine.offset = max(mine.offset, other.end)
		}
		v.offset, mine.end = mine.offset, aligned(mine.offset+size)
		at, _ := slices.BinarySearchFunc(placed, mine, func(a, b span) int { return cmp.Compare(a.offset, b.offset) })
		placed = slices.Insert(placed, at, mine)
		total = max(total, mine.end)
	}
	return total
}

// A span is what assign looks at of a placed value, side by side in memory:
// thousands of values are compared with each other.
type span struct{ first, last, offset, end int }

func aligned(n int) int { return (n + alignment - 1) / alignment * alignment }
