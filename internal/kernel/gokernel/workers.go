package gokernel

import (
	"runtime"
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
	beside   scratch[float32] // A chunk of a result before it is stored past the caches.
	edge     [largestRows * largestPanel]float32
	edgeRows [largestRows]int
	tile     tile
	outer    outer
	stencil  stencil
	gradSums gradSums
	taps     stencilGrad
	winograd transform

	index int // Among the workers.
	own   ownChunks
	state atomic.Int32 // spinning, parked or called.
	wake  chan struct{}
}

// The states of a worker.
const (
	spinning int32 = iota // It looks for a call.
	parked                // It sleeps until wake.
	called                // It has work, or the workers are closed.
)

// spins is how often a worker without work looks for more before it sleeps, and
// the caller of run for the end: some 300 µs. Between nearly all kernels of a pass
// less goes by, and to wake a sleeping core takes 50 to 100 µs.
const spins = 100_000

// workers is a fixed set of goroutines; the caller of run is one of them.
type workers struct {
	all    []*worker
	job    job
	busy   []*worker    // Those that do it.
	left   atomic.Int32 // Workers that have not finished.
	done   sync.WaitGroup
	closed bool
}

func newWorkers(threads int, isa *isa) *workers {
	p := &workers{}
	for i := range threads {
		w := &worker{index: i, isa: isa, wake: make(chan struct{}, 1)}
		p.all = append(p.all, w)
		if i > 0 {
			go p.serve(w)
		}
	}
	return p
}

// serve does w's part of one job after another.
func (p *workers) serve(w *worker) {
	for {
		w.await()
		if p.closed {
			return
		}
		p.work(w)
		w.state.Store(spinning)
		p.left.Add(-1)
		p.done.Done()
	}
}

// await returns when w is called.
func (w *worker) await() {
	for i := range spins {
		if w.state.Load() == called {
			return
		}
		breathe(i)
	}
	if w.state.CompareAndSwap(spinning, parked) {
		<-w.wake
	}
}

// call makes await return.
func (w *worker) call() {
	if w.state.Swap(called) == parked {
		w.wake <- struct{}{}
	}
}

// breathe lets other goroutines run, now and then in a loop that waits.
func breathe(i int) {
	if i%64 == 63 {
		runtime.Gosched()
	}
}

// run does all chunks of j and returns when they are done.
func (p *workers) run(j job, chunks int) {
	helpers := min(len(p.all), chunks) - 1
	p.job, p.busy = j, p.all[:max(1, helpers+1)]
	for i, w := range p.busy {
		w.own.set(chunks*i/len(p.busy), chunks*(i+1)/len(p.busy))
	}
	for i := 1; i <= helpers; i++ {
		p.left.Add(1)
		p.done.Add(1)
		p.all[i].call()
	}
	p.work(p.all[0])
	for i := 0; i < spins && p.left.Load() > 0; i++ {
		breathe(i)
	}
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

// work does the chunks of w's own, and then what is left of the others'.
func (p *workers) work(w *worker) {
	for i := range p.busy {
		owner := p.busy[(w.index+i)%len(p.busy)]
		for {
			chunk, ok := owner.own.take(owner == w)
			if !ok {
				break
			}
			p.job.chunk(w, chunk)
		}
	}
}

func (p *workers) close() {
	p.closed = true
	for _, w := range p.all[1:] {
		w.call()
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
