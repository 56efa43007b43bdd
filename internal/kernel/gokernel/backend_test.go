package gokernel

import (
	"sync/atomic"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/kerneltest"
)

func TestBest(t *testing.T) {
	b := New(2)
	defer b.Close()
	kerneltest.Run(t, b)
}

func TestPlain(t *testing.T) {
	b := NewPlain(2)
	defer b.Close()
	kerneltest.Run(t, b)
}

func TestThreads(t *testing.T) {
	kerneltest.RunThreads(t, func(threads int) kernel.Backend { return New(threads) })
	kerneltest.RunThreads(t, func(threads int) kernel.Backend { return NewPlain(threads) })
}

func TestAllocs(t *testing.T) {
	b := New(3)
	defer b.Close()
	kerneltest.RunAllocs(t, b)
}

func BenchmarkConv(b *testing.B) {
	backend := New(0)
	defer backend.Close()
	kerneltest.BenchmarkConv(b, backend)
}

func BenchmarkRows(b *testing.B) {
	backend := New(0)
	defer backend.Close()
	kerneltest.BenchmarkRows(b, backend)
}

// BenchmarkTile measures the inner loops of dense convolutions alone, on data
// in the first-level cache: the peak that the drivers are compared with.
func BenchmarkTile(b *testing.B) {
	const k = 256
	w := &worker{isa: bestISA()}
	rows, outs := w.tileOffsets(tileRows)
	for r := range rows {
		rows[r], outs[r] = r*k, r*panelWidth
	}
	t := &tile{
		a: make([]float32, tileRows*k), b: make([]float32, k*panelWidth), c: make([]float32, tileRows*panelWidth),
		rows: rows, outs: outs, k: k, segments: 1, panels: 1,
	}
	o := &outer{a: t.b, b: t.b, c: t.c, stepA: panelWidth, stepB: panelWidth, k: k, segments: 1, ldc: panelWidth}
	measure := func(name string, width int, run func()) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				run()
			}
			b.ReportMetric(2*tileRows*float64(width)*k*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
	measure("tile16", 16, func() { w.isa.tile16(t) })
	measure("tile8", 8, func() { w.isa.tile8(t) })
	measure("outer16", 16, func() { w.isa.outer16(o) })
	measure("outer8", 8, func() { w.isa.outer8(o) })
}

func TestParallelCallsEachOnce(t *testing.T) {
	b := New(3)
	defer b.Close()
	for _, n := range []int{0, 1, 2, 100} {
		calls := make([]atomic.Int32, n)
		b.Parallel(n, func(i int) { calls[i].Add(1) })
		for i := range calls {
			if got := calls[i].Load(); got != 1 {
				t.Errorf("n = %d: %d was called %d times, want once", n, i, got)
			}
		}
	}
}
