package finetune

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// A BenchLayer is a planned step of one pass of training, timed; or several
// steps of one kind together.
type BenchLayer struct {
	Kernel   string  `json:"kernel,omitempty"` // What runs.
	Layer    string  `json:"layer,omitempty"`  // Name of the weight; "" where there is none.
	Shape    string  `json:"shape,omitempty"`  // Batch×channels in→out, height×width, kernel by stride; or of what is computed.
	Kind     string  `json:"kind"`
	Steps    int     `json:"steps"`
	MedianMs float64 `json:"ms"`    // Milliseconds.
	Share    float64 `json:"share"` // Of the sum of all steps.
	FLOPs    float64 `json:"flops"` // 0 where nothing is multiplied but elementwise.
	Bytes    float64 `json:"bytes"` // Operands read and written.
}

// GFLOPS returns billions of operations a second.
func (l BenchLayer) GFLOPS() float64 { return perSecond(l.FLOPs, l.MedianMs) }

// GBs returns how many gigabytes a second were moved, if the caches did not
// help.
func (l BenchLayer) GBs() float64 { return perSecond(l.Bytes, l.MedianMs) }

// perSecond returns billions a second.
func perSecond(amount, ms float64) float64 {
	if ms == 0 {
		return 0
	}
	return amount / ms / 1e6
}

// timeLayers times every step of a pass for some seconds.
func timeLayers(ctx context.Context, seconds float64, e *engine) ([]BenchLayer, error) {
	steps := e.training.Steps()
	times := make([][]time.Duration, len(steps))
	pass := make([]time.Duration, len(steps))
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	for n := 0; n < leastRun || time.Now().Before(end); n++ {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: %w", ErrInterrupted, ctx.Err())
		}
		if err := e.training.RunTimed(pass); err != nil {
			return nil, err
		}
		for i, d := range pass {
			times[i] = append(times[i], d)
		}
	}
	layers := make([]BenchLayer, len(steps))
	for i, s := range steps {
		layers[i] = BenchLayer{
			Kernel: s.Kernel, Layer: s.Layer, Shape: s.Shape, Kind: s.Kind, Steps: 1,
			MedianMs: milliseconds(median(times[i])), FLOPs: s.FLOPs, Bytes: s.Bytes,
		}
	}
	share(layers)
	return layers, nil
}

// share sets the Share of each.
func share(layers []BenchLayer) {
	total := 0.0
	for _, l := range layers {
		total += l.MedianMs
	}
	for i := range layers {
		if total > 0 {
			layers[i].Share = layers[i].MedianMs / total
		}
	}
}

// LayerKinds adds up the layers of each kind, the slowest kind first.
func LayerKinds(layers []BenchLayer) []BenchLayer {
	at := map[string]int{}
	var kinds []BenchLayer
	for _, l := range layers {
		i, ok := at[l.Kind]
		if !ok {
			i = len(kinds)
			at[l.Kind] = i
			kinds = append(kinds, BenchLayer{Kind: l.Kind})
		}
		k := &kinds[i]
		k.Steps += l.Steps
		k.MedianMs += l.MedianMs
		k.Share += l.Share
		k.FLOPs += l.FLOPs
		k.Bytes += l.Bytes
	}
	slices.SortStableFunc(kinds, func(a, b BenchLayer) int { return cmp.Compare(b.MedianMs, a.MedianMs) })
	return kinds
}
