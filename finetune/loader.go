package finetune

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"time"
)

// A loader prepares batches ahead of their use. Order and content of the
// batches do not depend on the number of workers.
type loader struct {
	batch     int // Rows of a batch.
	imageSize int // Values of a row.
	workers   int
	ahead     int // Batches prepared ahead, at least 1.

	// prepare fills the image of a sample, for a step of the plan, and returns
	// its label. Workers call it at once.
	prepare func(image []float32, step, sample int) (label int, err error)

	waited time.Duration // Time that the consumer waited for data.
}

// A planned batch says which samples a step sees.
type planned struct {
	step    int
	samples []int
}

// A job is a row of a batch to be prepared.
type job struct {
	batch *Batch
	row   int
	done  *sync.WaitGroup
}

// batches yields the planned batches in order. A batch is valid until the next
// one is asked for. When ctx is canceled the sequence ends early.
func (l *loader) batches(ctx context.Context, plan iter.Seq[planned]) iter.Seq[*Batch] {
	return func(yield func(*Batch) bool) {
		ctx, cancel := context.WithCancel(ctx)
		free := make(chan slot, l.ahead+1)
		for range l.ahead + 1 {
			free <- slot{newBatch(l.batch, l.imageSize), new(sync.WaitGroup)}
		}
		jobs, ready := make(chan job), make(chan slot, l.ahead+1)

		var workers sync.WaitGroup
		defer workers.Wait()
		defer cancel()
		workers.Go(func() { l.plan(ctx, plan, free, jobs, ready) })
		for range l.workers {
			workers.Go(func() { l.work(jobs) })
		}
		for s := range l.wait(ctx, ready) {
			if !yield(s.batch) {
				return
			}
			free <- s
		}
	}
}

// A slot is a batch of the ring and the group of its rows in preparation.
type slot struct {
	batch *Batch
	done  *sync.WaitGroup
}

// plan hands out the rows of one batch after the other, as slots become free.
func (l *loader) plan(ctx context.Context, plan iter.Seq[planned], free <-chan slot, jobs chan<- job, ready chan<- slot) {
	defer close(ready)
	defer close(jobs)
	for p := range plan {
		var s slot
		select {
		case s = <-free:
		case <-ctx.Done():
			return
		}
		s.batch.start(p.step, p.samples)
		s.done.Add(len(p.samples))
		ready <- s
		for row := range p.samples {
			jobs <- job{s.batch, row, s.done}
		}
	}
}

func (l *loader) work(jobs <-chan job) {
	for t := range jobs {
		image := t.batch.image(t.row)
		label, err := l.prepare(image, t.batch.Step, t.batch.Samples[t.row])
		if err != nil {
			label = notCounted
		}
		t.batch.Labels[t.row], t.batch.errs[t.row] = label, err
		t.done.Done()
		runtime.Gosched() // A step that waits for a core need not wait for more than an image.
	}
}

// wait yields slots whose rows are prepared, and counts the time it takes.
func (l *loader) wait(ctx context.Context, ready <-chan slot) iter.Seq[slot] {
	return func(yield func(slot) bool) {
		for {
			start := time.Now()
			s, ok := <-ready
			if !ok || ctx.Err() != nil {
				return
			}
			s.done.Wait()
			s.batch.pad()
			l.waited += time.Since(start)
			if !yield(s) {
				return
			}
		}
	}
}

// inOrder plans samples 0 to n−1 in batches.
func inOrder(n, batch int) iter.Seq[planned] {
	return func(yield func(planned) bool) {
		samples := make([]int, n)
		for i := range samples {
			samples[i] = i
		}
		for step := 0; step*batch < n; step++ {
			if !yield(planned{step, samples[step*batch : min(n, (step+1)*batch)]}) {
				return
			}
		}
	}
}

// shuffled plans the steps from first to last−1 of a training: every epoch sees
// all n samples in an order of its own.
func shuffled(seed uint64, n, batch, first, last int) iter.Seq[planned] {
	return func(yield func(planned) bool) {
		perEpoch := stepsPerEpoch(n, batch)
		var order []int
		for step := first; step < last; step++ {
			inEpoch := step % perEpoch
			if order == nil || inEpoch == 0 {
				order = epochOrder(seed, epochOf(step, perEpoch), n)
			}
			if !yield(planned{step, order[inEpoch*batch : min(n, (inEpoch+1)*batch)]}) {
				return
			}
		}
	}
}

func stepsPerEpoch(n, batch int) int { return (n + batch - 1) / batch }

// epochOf returns the epoch, counted from 1, of a step counted from 0.
func epochOf(step, stepsPerEpoch int) int { return step/stepsPerEpoch + 1 }

// takeWaited returns how long the consumer waited since the last call.
func (l *loader) takeWaited() time.Duration {
	waited := l.waited
	l.waited = 0
	return waited
}
