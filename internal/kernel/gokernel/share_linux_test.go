package gokernel

import (
	"math"
	"testing"

	"golang.org/x/sys/unix"

	"finetune/internal/kernel"
	"finetune/internal/kernel/kerneltest"
)

// BenchmarkShare measures convolutions on one thread as a share of the inner
// loop's own speed, and row kernels as a share of that of a copy. Both are in
// processor time and the best of several runs, in turn: the figure that other
// load on the machine disturbs least.
func BenchmarkShare(b *testing.B) {
	backend := New(1)
	defer backend.Close()
	peak := newPeak()
	kerneltest.EachConv(func(name string, flops float64, run func(kernel.Backend)) {
		b.Run(name, func(b *testing.B) {
			share, best := share(b, peak.flops, peak.run, flops, func() { run(backend) })
			b.ReportMetric(share, "%peak")
			b.ReportMetric(best, "GFLOP/s/core")
		})
	})
	from, to := make([]float32, 1<<24), make([]float32, 1<<24)
	for i := range from { // Pages that were never written are all the same one.
		from[i] = 1
	}
	kerneltest.EachRows(func(name string, bytes float64, run func(kernel.Backend)) {
		b.Run("rows/"+name, func(b *testing.B) {
			share, best := share(b, 2*4*1<<24, func() { copy(to, from) }, bytes, func() { run(backend) })
			b.ReportMetric(share, "%copy")
			b.ReportMetric(best, "GB/s/core")
		})
	})
}

// share returns the speed of run, doing work, in billions a second, and in
// percent of that of the reference.
func share(b *testing.B, referenceWork float64, reference func(), work float64, run func()) (percent, best float64) {
	run()
	shortest, shortestReference := math.Inf(1), math.Inf(1)
	for b.Loop() {
		for range 5 {
			shortestReference = min(shortestReference, processorTime(reference)/referenceWork)
			shortest = min(shortest, processorTime(run)/work)
		}
	}
	b.ReportMetric(0, "ns/op")
	return 100 * shortestReference / shortest, 1 / shortest / 1e9
}

// processorTime returns the seconds that the process computes in f.
func processorTime(f func()) float64 {
	var from, to unix.Timespec
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &from)
	f()
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &to)
	return float64(to.Nano()-from.Nano()) / 1e9
}

// peak runs a tile on data in the first-level cache.
type peak struct {
	w     *worker
	t     *tile
	flops float64
}

func newPeak() *peak {
	const k = 256
	w := &worker{isa: bestISA()}
	rows, panel := w.isa.rows, w.isa.panel
	at, outs := w.tileOffsets(rows)
	for r := range at {
		at[r], outs[r] = r*k, r*panel
	}
	return &peak{w: w, flops: 200 * 2 * float64(rows*panel*k), t: &tile{
		a: make([]float32, rows*k), b: make([]float32, k*panel), c: make([]float32, rows*panel),
		rows: at, outs: outs, k: k, segments: 1, panels: 1,
	}}
}

func (p *peak) run() {
	for range 200 {
		p.w.isa.tile(p.t)
	}
}
