package gokernel

import (
	"math"
	"testing"

	"golang.org/x/sys/unix"

	"finetune/internal/kernel"
	"finetune/internal/kernel/kerneltest"
)

// BenchmarkShare measures convolutions on one thread as a share of the inner
// loop's own speed, both in processor time and both the best of several runs,
// in turn: the figure that other load on the machine disturbs least.
func BenchmarkShare(b *testing.B) {
	backend := New(1)
	defer backend.Close()
	peak := newPeak()
	kerneltest.EachConv(func(name string, flops float64, run func(kernel.Backend)) {
		b.Run(name, func(b *testing.B) {
			run(backend)
			best, bestPeak := math.Inf(1), math.Inf(1)
			for b.Loop() {
				for range 5 {
					bestPeak = min(bestPeak, processorTime(peak.run)/peak.flops)
					best = min(best, processorTime(func() { run(backend) })/flops)
				}
			}
			b.ReportMetric(100*bestPeak/best, "%peak")
			b.ReportMetric(1/best/1e9, "GFLOP/s/core")
			b.ReportMetric(0, "ns/op")
		})
	})
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
	rows, outs := w.tileOffsets(tileRows)
	for r := range rows {
		rows[r], outs[r] = r*k, r*panelWidth
	}
	return &peak{w: w, flops: 200 * 2 * tileRows * panelWidth * k, t: &tile{
		a: make([]float32, tileRows*k), b: make([]float32, k*panelWidth), c: make([]float32, tileRows*panelWidth),
		rows: rows, outs: outs, k: k, segments: 1, panels: 1,
	}}
}

func (p *peak) run() {
	for range 200 {
		p.w.isa.tile16(p.t)
	}
}
