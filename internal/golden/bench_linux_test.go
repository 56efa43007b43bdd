package golden

import (
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"finetune/importer"
)

// BenchmarkDenseGradient measures forward and backward of ResNet-18, whose time
// goes to convolutions of 3×3: all parameters trained, BatchNorm frozen, 102
// classes, batch 16 at 224 pixels. Processor time is of all threads, the least of
// the passes, because other load on the machine disturbs it least.
func BenchmarkDenseGradient(b *testing.B) {
	m, _ := load(b, "resnet18")
	if err := m.ReplaceHead(102, rand.New(rand.NewPCG(0, 0))); err != nil {
		b.Fatal(err)
	}
	const batch, size = 16, 224
	r := compile(b, m, importer.BuildOptions{Batch: batch, Height: size, Width: size, Mode: importer.TrainFrozen, Loss: true})
	r.fillBatch(batch)
	least := math.Inf(1)
	for b.Loop() {
		from := processorSeconds()
		r.machine.RunAll()
		least = min(least, processorSeconds()-from)
	}
	b.ReportMetric(1000*least, "processor-ms/pass")
}

// processorSeconds returns how long the process has computed.
func processorSeconds() float64 {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t)
	return float64(t.Nano()) / 1e9
}
