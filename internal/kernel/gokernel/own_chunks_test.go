package gokernel

import (
	"sync/atomic"
	"testing"
	"time"
)

// Every chunk is taken once, the owner's from the first on and the others' from the last.
func TestOwnChunks(t *testing.T) {
	const first, end = 3, 1003
	var c ownChunks
	c.set(first, end)
	taken := make(chan []int)
	take := func(fromFirst bool) {
		var chunks []int
		for {
			chunk, ok := c.take(fromFirst)
			if !ok {
				taken <- chunks
				return
			}
			chunks = append(chunks, chunk)
		}
	}
	go take(false)
	go take(true)
	count := 0
	for range 2 {
		chunks := <-taken
		count += len(chunks)
		for i, chunk := range chunks {
			if chunk != first+i && chunk != end-1-i {
				t.Fatalf("the chunk taken after %d others is %d, of %d to %d", i, chunk, first, end-1)
			}
		}
	}
	if count != end-first {
		t.Errorf("%d chunks were taken of %d", count, end-first)
	}
}

// stallingJob counts how often each chunk is done, and by whom; the first one waits until
// all others are.
type stallingJob struct {
	done []atomic.Int32
	by   []*worker
	left atomic.Int32
}

func (j *stallingJob) chunk(w *worker, i int) {
	for start := time.Now(); i == 0 && j.left.Load() > 1 && time.Since(start) < 10*time.Second; {
		time.Sleep(time.Millisecond)
	}
	j.done[i].Add(1)
	j.by[i] = w
	j.left.Add(-1)
}

// Workers do the chunks of one that is held up, and each chunk is done once.
func TestWorkersHelpEachOther(t *testing.T) {
	for _, threads := range []int{1, 2, 3} {
		p := newWorkers(threads, &plainISA)
		for _, chunks := range []int{0, 1, 2, 7, 100} {
			j := &stallingJob{done: make([]atomic.Int32, chunks), by: make([]*worker, chunks)}
			if j.left.Store(int32(chunks)); threads == 1 {
				j.left.Store(0) // Nobody helps.
			}
			p.run(j, chunks)
			for i := range j.done {
				if n := j.done[i].Load(); n != 1 {
					t.Errorf("%d threads: chunk %d of %d was done %d times", threads, i, chunks, n)
				}
				if i > 0 && threads > 1 && j.by[0] == p.all[0] && j.by[i] == p.all[0] {
					t.Errorf("%d threads: chunk %d of %d was done by the worker that the first one held up", threads, i, chunks)
				}
			}
		}
		p.close()
	}
}
