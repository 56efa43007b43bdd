package gokernel

import (
	"fmt"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/kerneltest"
)

// skipUnlessSupported skips a test of an instruction set that this processor
// lacks: asm/emulate runs it all the same.
func skipUnlessSupported(t testing.TB, isa *isa) {
	if !isa.supported() {
		t.Skipf("this processor, or its operating system, lacks what %s needs", isa.name)
	}
}

func TestBackend(t *testing.T) {
	for _, isa := range isas() {
		t.Run(isa.name, func(t *testing.T) {
			skipUnlessSupported(t, isa)
			b := newBackend(2, isa)
			defer b.Close()
			kerneltest.Run(t, b)
		})
	}
}

func TestThreads(t *testing.T) {
	for _, isa := range isas() {
		t.Run(isa.name, func(t *testing.T) {
			skipUnlessSupported(t, isa)
			kerneltest.RunThreads(t, func(threads int) kernel.Backend { return newBackend(threads, isa) })
		})
	}
}

// A training has the same bytes by either set of vectors.
func TestSameBytes(t *testing.T) {
	if all := isas(); len(all) > 1 {
		skipUnlessSupported(t, all[0])
		a, b := newBackend(2, all[1]), newBackend(2, all[0])
		defer a.Close()
		defer b.Close()
		kerneltest.RunSame(t, a, b)
	}
}

func TestAllocs(t *testing.T) {
	for _, isa := range isas() {
		t.Run(isa.name, func(t *testing.T) {
			skipUnlessSupported(t, isa)
			b := newBackend(3, isa)
			defer b.Close()
			kerneltest.RunAllocs(t, b)
		})
	}
}

// The fastest that this processor has is what New uses.
func TestBestIsSupported(t *testing.T) {
	best := bestISA()
	if !best.supported() {
		t.Errorf("%s is used and not supported", best.name)
	}
	for _, isa := range isas() {
		if isa == best {
			return
		}
		if isa.supported() {
			t.Errorf("%s is supported, %s is used", isa.name, best.name)
		}
	}
	t.Errorf("%s is not among those that are tested", best.name)
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

func BenchmarkMatMulStack(b *testing.B) {
	backend := New(0)
	defer backend.Close()
	kerneltest.BenchmarkMatMulStack(b, backend)
}

// BenchmarkTile measures the inner loops of dense convolutions alone, on data
// in the first-level cache: the peak that the drivers are compared with.
func BenchmarkTile(b *testing.B) {
	for _, isa := range isas() {
		b.Run(isa.name, func(b *testing.B) {
			skipUnlessSupported(b, isa)
			benchmarkTile(b, isa)
		})
	}
}

func benchmarkTile(b *testing.B, isa *isa) {
	const k = 256
	w := &worker{isa: isa}
	rows, outs := w.tileOffsets(isa.rows)
	for r := range rows {
		rows[r], outs[r] = r*k, r*isa.panel
	}
	t := &tile{
		a: make([]float32, isa.rows*k), b: make([]float32, k*isa.panel), c: make([]float32, isa.rows*isa.panel),
		rows: rows, outs: outs, k: k, segments: 1, panels: 1,
	}
	o := &outer{a: t.b, b: t.b, c: t.c, stepA: isa.panel, stepB: isa.panel, k: k, segments: 1, ldc: isa.panel}
	for _, columns := range []int{isa.panel, isa.panel / 2} {
		measure := func(name string, run func()) {
			b.Run(fmt.Sprintf("%s%dx%d", name, isa.rows, columns), func(b *testing.B) {
				for b.Loop() {
					run()
				}
				b.ReportMetric(2*float64(isa.rows*columns*k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
		loop := isa.tile
		if columns < isa.panel {
			loop = isa.tilePart(columns)
		}
		t.columns, o.columns = columns, columns
		measure("tile", func() { loop(t) })
		outerLoop, _ := isa.outer(isa.rows, columns)
		measure("outer", func() { outerLoop(o) })
	}
}
