package golden

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"finetune/importer"
	"finetune/sam"
)

// BenchmarkBatchSizes times steps of SAM on EfficientNet-Lite0 at batch 4, 16 and 64, 224
// pixels, all parameters trained, BatchNorm frozen: in turns of 64 images within one process,
// so that what disturbs the machine disturbs all of them. As many images go before and are
// not timed: until weights, gradients and activations are back in the last-level cache takes
// six steps of four images. It reports the medians of the steps, in milliseconds an image, and
// the slowest of them over the fastest.
func BenchmarkBatchSizes(b *testing.B) {
	const turn = 64
	sizes := []int{4, 16, turn}
	var steps []func()
	for _, size := range sizes {
		steps = append(steps, samStep(b, size))
	}
	times := make([][]float64, len(sizes))
	for b.Loop() {
		for k, size := range sizes {
			for range turn / size {
				steps[k]()
			}
			for range turn / size {
				start := time.Now()
				steps[k]()
				times[k] = append(times[k], 1e3*time.Since(start).Seconds()/float64(size))
			}
		}
	}
	var medians []float64
	for k, size := range sizes {
		slices.Sort(times[k])
		medians = append(medians, times[k][len(times[k])/2])
		b.ReportMetric(medians[k], fmt.Sprintf("ms/image-of-%d", size))
	}
	b.ReportMetric(slices.Max(medians)/slices.Min(medians), "slowest/fastest")
}

// samStep returns a function that makes a step of SAM.
func samStep(b *testing.B, batch int) func() {
	m, err := importer.Load(lite0(b))
	if err != nil {
		b.Fatal(err)
	}
	if err := m.ReplaceHead(102, rand.New(rand.NewPCG(0, 0))); err != nil {
		b.Fatal(err)
	}
	r := compile(b, m, importer.BuildOptions{Batch: batch, Mode: importer.TrainFrozen, Loss: true})
	r.fillBatch(batch)
	var params []sam.Param
	for i, p := range m.Params {
		params = append(params, sam.Param{Name: p.Name, Value: r.params.Value(i), Grad: r.params.Grad(i)})
	}
	optimizer := &sam.SAM{
		Base: &sam.SGD{Momentum: 0.9, Nesterov: true, WeightDecay: 1e-5}, Rho: 0.05, ClipNorm: 5,
		Parallel: r.backend.Parallel, Loops: r.backend.Loops(),
	}
	gradient := func(sam.Pass) (float64, error) {
		err := r.machine.RunAll()
		return float64(r.machine.Output(r.graph.Loss)[0]), err
	}
	return func() {
		if _, err := optimizer.Step(params, 1e-6, gradient); err != nil {
			b.Fatal(err)
		}
	}
}
