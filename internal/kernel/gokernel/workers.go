package gokernel

import (
	"sync"
	"sync/atomic"
)

// A job is work cut into chunks that may run in any order and at once.
type job interface {
	// chunk does the i-th part of the work.
	chunk(w *worker, i int)
}

// A worker runs chunks. Its scratch memory lasts from one job to the next.
type worker struct {
	isa *isa

	patch    scratch[float32]
	rows     scratch[int]
	outs     scratch[int]
	left     scratch[float32]
	right    scratch[float32]
	panel    scratch[float32]
	sums     scratch[float32]
	edge     [largestRows * largestPanel]float32
	edgeRows [largestRows]int
	tile     tile
	outer    outer
	stencil  stencil
	taps     stencilGrad
	winograd transform
	pending  chan struct{}
}

// workers is a fixed set of goroutines; the caller of run is one of them.
type workers struct {
	all    []*worker
	job    job
	chunks int
	next   atomic.Int64
	done   sync.WaitGroup
}

func newWorkers(threads int, isa *isa) *workers {
	p := &workers{}
	for i := range threads {
		w := &worker{isa: isa, pending: make(chan struct{}, 1)}
		p.all = append(p.all, w)
		if i > 0 {
			go func() {
				for range w.pending {
					p.work(w)
					p.done.Done()
				}
			}()
		}
	}
	return p
}

// run does all chunks of j and returns when they are done.
func (p *workers) run(j job, chunks int) {
	p.job, p.chunks = j, chunks
	p.next.Store(0)
	helpers := min(len(p.all), chunks) - 1
	for i := 1; i <= helpers; i++ {
		p.done.Add(1)
		p.all[i].pending <- struct{}{}
	}
	p.work(p.all[0])
	p.done.Wait()
	p.job = nil
	p.level()
}

// level gives all workers as much scratch as the one with most, so that a
// repeated job allocates none, whichever workers its chunks fall to.
func (p *workers) level() {
	first := p.all[0]
	for _, w := range p.all[1:] {
		first.grow(w)
	}
	for _, w := range p.all[1:] {
		w.grow(first)
	}
}

func (w *worker) grow(like *worker) {
	w.patch.get(cap(like.patch.buf))
	w.left.get(cap(like.left.buf))
	w.right.get(cap(like.right.buf))
	w.panel.get(cap(like.panel.buf))
	w.sums.get(cap(like.sums.buf))
	w.rows.get(cap(like.rows.buf))
	w.outs.get(cap(like.outs.buf))
}

func (p *workers) work(w *worker) {
	for {
		i := int(p.next.Add(1)) - 1
		if i >= p.chunks {
			return
		}
		p.job.chunk(w, i)
	}
}

func (p *workers) close() {
	for _, w := range p.all[1:] {
		close(w.pending)
	}
	p.all = p.all[:1]
}

// scratch is memory that grows to the largest size asked for.
type scratch[T any] struct{ buf []T }

// get returns n elements of unknown content. They are the same memory as
// those of the last call.
func (s *scratch[T]) get(n int) []T {
	if cap(s.buf) < n {
		s.buf = make([]T, n)
	}
	return s.buf[:n]
}
