package gokernel

import (
	"testing"
	"time"
)

// A tile that takes 20 µs by the clock has a speed that is known.
func TestPeakOfKnownSpeed(t *testing.T) {
	const tileTime = 20 * time.Microsecond
	slow := plainISA
	slow.tile = func(*tile) {
		for start := time.Now(); time.Since(start) < tileTime; {
		}
	}
	b := newBackend(1, &slow)
	defer b.Close()
	want := float64(2*slow.rows*slow.panel*peakDepth) / float64(tileTime.Nanoseconds())
	// Nothing can be faster; the machine may be busy, so much slower is allowed,
	// and on a very busy one another try.
	best := 0.0
	for tries := 0; tries < 10 && best <= want/4; tries++ {
		best = max(best, b.peak(100*time.Millisecond))
	}
	if !(best <= want && best > want/4) {
		t.Errorf("peak = %v GFLOP/s, want at most %v and little less", best, want)
	}
}

// The job computes what a tile computes: a sum of peakDepth ones.
func TestPeakComputesATile(t *testing.T) {
	for _, isa := range isas() {
		if !isa.supported() {
			continue
		}
		b := newBackend(2, isa)
		j := newPeakJob(isa)
		j.tiles = 1
		w := b.workers.all[0]
		j.chunk(w, 0)
		for i, v := range w.edge[:isa.rows*isa.panel] {
			if v != peakDepth {
				t.Fatalf("%s: c[%d] = %v, want %d", isa.name, i, v, peakDepth)
			}
		}
		b.Close()
	}
}

func BenchmarkPeak(b *testing.B) {
	for _, isa := range isas() {
		b.Run(isa.name, func(b *testing.B) {
			skipUnlessSupported(b, isa)
			backend := newBackend(0, isa)
			defer backend.Close()
			best := 0.0
			for b.Loop() {
				best = max(best, backend.peak(0))
			}
			b.ReportMetric(best, "GFLOP/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
