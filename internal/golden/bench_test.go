package golden

import (
	"math/rand/v2"
	"testing"

	"finetune/importer"
)

// BenchmarkGradient times forward and backward of EfficientNet-Lite0, all
// parameters trained, BatchNorm frozen, 102 classes, batch 16 at 224 pixels.
func BenchmarkGradient(b *testing.B) {
	m, err := importer.Load(lite0(b))
	if err != nil {
		b.Fatal(err)
	}
	if err := m.ReplaceHead(102, rand.New(rand.NewPCG(0, 0))); err != nil {
		b.Fatal(err)
	}
	const batch = 16
	r := compile(b, m, importer.BuildOptions{Batch: batch, Mode: importer.TrainFrozen, Loss: true})
	r.fillBatch(batch)
	for b.Loop() {
		r.machine.RunAll()
	}
	b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}

// fillBatch gives the machine images of noise, and each its own label of 102.
func (r *run) fillBatch(batch int) {
	images := r.machine.Input(r.graph.Images)
	copy(images, fill("bench", len(images), 0, 1))
	labels := r.machine.Input(r.graph.Labels)
	for row := range batch {
		labels[row*102+row] = 1
	}
}
