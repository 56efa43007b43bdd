package gokernel

import "time"

// peakDepth is the length of the sums of a tile in Peak: its operands fill 22
// KiB, less than a first-level cache.
const peakDepth = 256

// peakRound is how long a round of Peak is: long enough that waking the
// workers does not matter, short enough that some rounds meet no other load.
const peakRound = 10 * time.Millisecond

// peakChunks is how many parts a round has for each thread: a thread that is
// late leaves few of them to wait for.
const peakChunks = 32

// Peak measures how fast the inner loop of matrix products is on data in the
// first-level cache: what a kernel could reach at most. It returns GFLOP/s (two
// operations for a multiplication and the addition of its result) of all
// threads together, the best of the rounds of 10 ms that fit into d and at
// least three. threads is as in New.
func Peak(threads int, d time.Duration) float64 {
	b := New(threads)
	defer b.Close()
	return b.peak(d)
}

func (b *Backend) peak(d time.Duration) float64 {
	j := newPeakJob(b.isa)
	j.tiles = 1
	end := time.Now().Add(d)
	for j.tiles < 1<<20 && b.peakRound(j) < peakRound {
		j.tiles *= 2
	}
	best := 0.0
	for rounds := 0; rounds < 3 || time.Now().Before(end); rounds++ {
		elapsed := b.peakRound(j)
		flops := float64(2*b.isa.rows*b.isa.panel*peakDepth) * float64(j.tiles*peakChunks*b.Threads())
		best = max(best, flops/float64(elapsed.Nanoseconds()))
	}
	return best
}

// peakRound returns how long the tiles of all threads take.
func (b *Backend) peakRound(j *peakJob) time.Duration {
	start := time.Now()
	b.workers.run(j, peakChunks*b.Threads())
	return max(time.Since(start), 1)
}

// A peakJob computes the same tile again and again.
type peakJob struct {
	a, b  []float32 // [rows, peakDepth], [peakDepth, panel], of a tile.
	rows  []int
	tiles int // Of a chunk.
}

func newPeakJob(isa *isa) *peakJob {
	j := &peakJob{
		a: make([]float32, isa.rows*peakDepth), b: make([]float32, peakDepth*isa.panel), rows: make([]int, isa.rows),
	}
	for i := range j.a {
		j.a[i] = 1
	}
	for i := range j.b {
		j.b[i] = 1
	}
	for r := range j.rows {
		j.rows[r] = r * peakDepth
	}
	return j
}

func (j *peakJob) chunk(w *worker, _ int) {
	w.tile = tile{a: j.a, b: j.b, c: w.edge[:], rows: j.rows, outs: w.edgeOuts(), k: peakDepth, segments: 1, panels: 1}
	for range j.tiles {
		w.isa.tile(&w.tile)
	}
}
