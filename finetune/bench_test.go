package finetune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"finetune/weights"
)

// lite0Multiplications counts those of a forward pass of EfficientNet-Lite0 by
// the table of stages of the paper (Tan and Le, 2019, table 1), which Lite
// leaves its squeeze-and-excitation out of. size is a multiple of 32.
func lite0Multiplications(size, classes int) (n float64) {
	conv := func(side, in, out, kernel, groups int) {
		n += float64(side*side) * float64(out*kernel*kernel) * float64(in/groups)
	}
	side, in := size/2, 32
	conv(side, 3, in, 3, 1)
	for _, stage := range []struct{ repeats, kernel, stride, expand, out int }{
		{1, 3, 1, 1, 16}, {2, 3, 2, 6, 24}, {2, 5, 2, 6, 40}, {3, 3, 2, 6, 80}, {3, 5, 1, 6, 112}, {4, 5, 2, 6, 192}, {1, 3, 1, 6, 320},
	} {
		for block := range stage.repeats {
			wide := in * stage.expand
			if stage.expand > 1 {
				conv(side, in, wide, 1, 1)
			}
			if block == 0 {
				side /= stage.stride
			}
			conv(side, wide, wide, stage.kernel, wide)
			conv(side, wide, stage.out, 1, 1)
			in = stage.out
		}
	}
	conv(side, in, 1280, 1, 1)
	return n + float64(1280*classes)
}

func lite0(t *testing.T, c Config, classes int) *engine {
	t.Helper()
	b, err := openBackbone(t.Context(), Config{Backbone: DefaultBackbone}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.replaceHead(classes, 0); err != nil {
		t.Fatal(err)
	}
	e, err := newTrainingEngine(c, b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.backend.Close)
	return e
}

func TestFLOPsOfLite0(t *testing.T) {
	if n := lite0Multiplications(224, 1000) / 1e6; math.Abs(n-385) > 1 { // The usual figure.
		t.Fatalf("%v million multiplications by hand, want 385", n)
	}
	const batch, size, classes = 3, 64, 102
	c, err := BenchConfig{Batch: batch, InputSize: size, Classes: classes, Optimizer: "sam", BatchNorm: "frozen", Train: "all", Seconds: 1}.training()
	if err != nil {
		t.Fatal(err)
	}
	e := lite0(t, c, classes)
	want := 2 * batch * lite0Multiplications(size, classes)
	if forward, _ := e.evaluation.FLOPs(); forward != want {
		t.Errorf("evaluation: %v operations, want %v", forward, want)
	}
	forward, gradients := e.training.FLOPs()
	stem := 2.0 * batch * (size / 2) * (size / 2) * 32 * 27
	if forward != want || gradients != 2*want-stem {
		t.Errorf("training: %v operations forward and %v backward, want %v and %v", forward, gradients, want, 2*want-stem)
	}
}

// benchLite0 is a quick measurement.
func benchLite0() BenchConfig {
	c := DefaultBench()
	c.Batch, c.InputSize, c.Classes, c.Seconds, c.Threads = 1, 32, 5, 0.01, 1
	return c
}

func TestBench(t *testing.T) {
	c := benchLite0()
	c.Layers = true
	r, err := Bench(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := lite0Multiplications(32, 5); r.MACs != want {
		t.Errorf("%v multiplications an image, want %v", r.MACs, want)
	}
	if r.SAM.FLOPs != 2*r.Step.FLOPs || r.Step.FLOPs <= 2*r.Forward.FLOPs {
		t.Errorf("operations of forward, step and SAM: %v, %v, %v: want SAM twice a step, and a step more than twice a pass forward",
			r.Forward.FLOPs, r.Step.FLOPs, r.SAM.FLOPs)
	}
	for name, timing := range map[string]Timing{"forward": r.Forward, "step": r.Step, "SAM": r.SAM} {
		if timing.N < leastRun || !(timing.MinMs > 0 && timing.MinMs <= timing.MedianMs) {
			t.Errorf("%s: %+v", name, timing)
		}
	}
	if r.Headline() != r.SAM {
		t.Errorf("headline %+v, want SAM's %+v", r.Headline(), r.SAM)
	}
	if r.Model != DefaultBackbone || r.InputSize != 32 || r.Threads != 1 || r.TrainingArena <= r.EvaluationArena || r.EvaluationArena <= 0 || !(r.Peak > 0) {
		t.Errorf("%+v", r)
	}
	flops, all := 0.0, 0.0
	for _, l := range r.Layers {
		flops += l.FLOPs
		all += l.Share
	}
	if flops != r.Step.FLOPs || math.Abs(all-1) > 1e-9 {
		t.Errorf("layers: %v operations and %v of the time, want %v and all", flops, all, r.Step.FLOPs)
	}
}

func TestBenchWithoutSAM(t *testing.T) {
	c := benchLite0()
	c.Optimizer, c.Train, c.BatchNorm = "adamw", "head", "train"
	r, err := Bench(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	// The gradient of the head's weights is 1280×5.
	if want := 2 * (lite0Multiplications(32, 5) + 1280*5); r.SAM.N != 0 || r.Step.FLOPs != want || r.Headline() != r.Step {
		t.Errorf("%+v: want no step of SAM, and %v operations a step", r, want)
	}
}

func TestBenchRefuses(t *testing.T) {
	var config *ConfigError
	for name, change := range map[string]func(*BenchConfig){
		"classes": func(c *BenchConfig) { c.Classes = 1 },
		"seconds": func(c *BenchConfig) { c.Seconds = math.NaN() },
		"kernels": func(c *BenchConfig) { c.Kernels = "abacus" },
		"batch":   func(c *BenchConfig) { c.Batch = 0 },
	} {
		c := benchLite0()
		change(&c)
		if _, err := Bench(t.Context(), c, nil); !errors.As(err, &config) || config.Key != name {
			t.Errorf("%s: %v, want a *ConfigError about it", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Bench(ctx, benchLite0(), nil); !errors.Is(err, ErrInterrupted) {
		t.Errorf("canceled: %v, want %v", err, ErrInterrupted)
	}
}

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		d    []time.Duration
		want time.Duration
	}{{[]time.Duration{7}, 7}, {[]time.Duration{9, 1, 2}, 2}, {[]time.Duration{8, 1, 2, 4}, 3}} {
		if got := median(test.d); got != test.want {
			t.Errorf("median of %v = %v, want %v", test.d, got, test.want)
		}
	}
}

func TestTimingRates(t *testing.T) {
	timing := Timing{MedianMs: 250, FLOPs: 5e9}
	if g, i := timing.GFLOPS(), timing.ImagesPerSecond(16); g != 20 || i != 64 {
		t.Errorf("%v GFLOP/s and %v images/s, want 20 and 64", g, i)
	}
}

func TestLayerKinds(t *testing.T) {
	layers := []BenchLayer{
		{Kind: "a", Steps: 1, MedianMs: 1, FLOPs: 10, Bytes: 5}, {Kind: "b", Steps: 1, MedianMs: 6, Bytes: 7}, {Kind: "a", Steps: 1, MedianMs: 3, FLOPs: 20, Bytes: 1},
	}
	share(layers)
	got := fmt.Sprint(LayerKinds(layers))
	want := fmt.Sprint([]BenchLayer{
		{Kind: "b", Steps: 1, MedianMs: 6, Share: 0.6, Bytes: 7}, {Kind: "a", Steps: 2, MedianMs: 4, Share: 0.4, FLOPs: 30, Bytes: 6},
	})
	if got != want {
		t.Errorf("kinds %s, want %s", got, want)
	}
}

func TestHighWater(t *testing.T) {
	const status = "Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t   13592 kB\nVmRSS:\t    9 kB\n"
	if got := highWater(status); got != 13592*1024 {
		t.Errorf("%d bytes, want %d", got, 13592*1024)
	}
	if got := highWater("VmHWM:\tmany kB\n"); got != 0 {
		t.Errorf("%d bytes, want 0", got)
	}
}

// A file needs to state no preprocessing, and its size is that of its input.
func TestImportBench(t *testing.T) {
	data, info, err := weights.Open(t.Context(), DefaultBackbone, weights.Options{})
	if err != nil {
		t.Fatal(err)
	}
	info.Preprocessing = weights.Preprocessing{}
	b, err := importBench(data, info, BenchConfig{Classes: 7})
	if err != nil {
		t.Fatal(err)
	}
	if got, classes := b.inputSize(0), b.model.Classes(); got != 224 || classes != 7 {
		t.Errorf("input size %d and %d classes, want 224 and 7", got, classes)
	}
	var model *ModelError
	if _, err := importBench([]byte("not ONNX"), info, BenchConfig{Classes: 7}); !errors.As(err, &model) {
		t.Errorf("%v, want a *ModelError", err)
	}
}
