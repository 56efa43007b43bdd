package vm

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
)

// A MemoryError is returned by [Compile] for a graph that takes more memory
// than Config.Limit.
type MemoryError struct {
	Bytes, Limit int64  // Bytes is what the values of the plan take at their most.
	Largest      string // The step, or the node of the graph, with the largest value.
}

// Error implements error.
func (e *MemoryError) Error() string {
	return fmt.Sprintf("vm: the plan takes %s of memory, and %s are allowed; the largest value is that of %s", mebibytes(e.Bytes), mebibytes(e.Limit), e.Largest)
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// checkNodes refuses a graph with a value that is over the limit alone, before
// anything is allocated for it.
func (c Config) checkNodes(order G.Nodes) error {
	for _, n := range order {
		if bytes := 4 * int64(size(n.Shape())); c.Limit > 0 && bytes > c.Limit {
			return &MemoryError{bytes, c.Limit, describe(n)}
		}
	}
	return nil
}

// checkSteps refuses a plan whose values together are over the limit, before
// the arena is allocated.
func (c Config) checkSteps(steps []step, kept []*value) error {
	if c.Limit <= 0 {
		return nil
	}
	bytes, largest := peak(steps, kept)
	if bytes <= c.Limit {
		return nil
	}
	s := steps[largest]
	return &MemoryError{bytes, c.Limit, fmt.Sprintf("step %d, %s %s, %s, with %s", largest, s.name, s.layer(), s.shape(), mebibytes(s.written()))}
}

// written returns the bytes of what the step writes.
func (s *step) written() int64 {
	total := int64(0)
	for _, v := range s.writes {
		total += 4 * int64(v.size())
	}
	return total
}

// peak returns the most bytes that values outside of fixed storage take at any
// step, and the step that writes the most. No arena is smaller, but for values
// that take over the storage of an operand.
func peak(steps []step, kept []*value) (most int64, largest int) {
	last := map[*value]int{}
	for at, s := range steps {
		for _, v := range slices.Concat(s.reads, s.writes) {
			last[v.root()] = at
		}
		if s.written() > steps[largest].written() {
			largest = at
		}
	}
	for _, v := range kept {
		last[v.root()] = len(steps)
	}
	live := map[*value]bool{}
	bytes := int64(0)
	for at, s := range steps {
		touched := slices.Concat(s.reads, s.writes)
		for _, v := range touched {
			if r := v.root(); !r.fixed && !live[r] {
				live[r] = true
				bytes += 4 * int64(r.size())
			}
		}
		most = max(most, bytes)
		for _, v := range touched {
			if r := v.root(); live[r] && last[r] == at {
				delete(live, r)
				bytes -= 4 * int64(r.size())
			}
		}
	}
	return most, largest
}
