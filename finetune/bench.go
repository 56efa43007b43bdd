package finetune

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"finetune/internal/kernel/gokernel"
	"finetune/weights"
)

// A BenchConfig says what Bench measures.
type BenchConfig struct {
	Backbone  string  // Name in package weights, or path of an ONNX file.
	Features  string  // As of Config.
	Batch     int     // Images a step.
	InputSize int     // Height and width, pixels; 0 means the backbone's.
	Classes   int     // Of the fresh head.
	Optimizer string  // As of Config; sgd and adamw leave SAM's step out.
	BatchNorm string  // frozen or train.
	Train     string  // all, head, or last:N.
	Threads   int     // 0 means all cores.
	Kernels   string  // As of Config.
	Seconds   float64 // To measure for, about; everything is done three times at least.
	Layers    bool    // Time every planned step too.
}

// DefaultBench returns what Bench measures if nothing else is said.
func DefaultBench() BenchConfig {
	return BenchConfig{
		Backbone: DefaultBackbone, Batch: 16, Classes: 102, Optimizer: "sam",
		BatchNorm: "frozen", Train: "all", Kernels: AutoKernels, Seconds: 20,
	}
}

// A BenchResult is what Bench measured.
type BenchResult struct {
	Model     string // Name of the backbone.
	Kernels   string // That computed.
	Threads   int
	InputSize int // Pixels.

	ImportMs float64 // From the ONNX bytes to a model with a fresh head.
	PlanMs   float64 // To build, differentiate and plan the graphs of training and of evaluation.

	Forward Timing       // Logits of a batch, with running statistics.
	Step    Timing       // One pass and the update of the base optimizer.
	SAM     Timing       // Two passes, climb, restore and update; zero if it was left out.
	Peak    float64      // GFLOP/s of the inner loop of matrix products, all threads.
	Layers  []BenchLayer // One pass of training, in the order it runs; nil if not asked for.

	MACs            float64 // Multiplications with an addition of a forward pass, an image.
	TrainingArena   int     // Planned bytes.
	EvaluationArena int     // Planned bytes.
	PeakMemory      int64   // Most that the process held so far, bytes; 0 if unknown.
}

// The shares of the time that the measurements get.
const (
	benchForward = 0.2
	benchStep    = 0.3
	benchSAM     = 0.5
	benchLayers  = 0.3 // On top.
)

// benchPeak is how long the peak is measured for, before and after the rest.
const benchPeak = 300 * time.Millisecond

// benchRate is a learning rate at which nothing can diverge. How long a step
// takes does not depend on it.
const benchRate = 1e-6

// Bench measures how fast c trains on random images.
//
// It returns an error that wraps ErrInterrupted when ctx is canceled, and errors
// as Run does.
func Bench(ctx context.Context, c BenchConfig, observe Observer) (*BenchResult, error) {
	config, err := c.training()
	if err != nil {
		return nil, err
	}
	data, info, err := openWeights(ctx, c.Backbone, observe)
	if err != nil {
		return nil, err
	}
	defer collectSooner()()
	start := time.Now()
	b, err := importBench(data, info, c)
	if err != nil {
		return nil, err
	}
	imported := time.Now()
	e, err := newTrainingEngine(config, b)
	if err != nil {
		return nil, err
	}
	defer e.backend.Close()
	r := &BenchResult{
		Model: b.name, Kernels: e.backend.Name(), Threads: e.backend.Threads(), InputSize: e.size,
		ImportMs: milliseconds(imported.Sub(start)), PlanMs: milliseconds(time.Since(imported)),
		TrainingArena: e.training.Bytes(), EvaluationArena: e.evaluation.Bytes(),
	}
	if err := r.measure(ctx, c, config, e); err != nil {
		return nil, err
	}
	r.PeakMemory = peakMemory()
	return r, nil
}

// training returns the configuration of a run that steps as c says.
func (c BenchConfig) training() (Config, error) {
	t := Defaults(DefaultTask)
	t.Backbone, t.Batch, t.InputSize, t.Optimizer, t.BatchNorm, t.Train = c.Backbone, c.Batch, c.InputSize, c.Optimizer, c.BatchNorm, c.Train
	t.Threads, t.Kernels, t.TrainScale, t.SAMFrom = c.Threads, c.Kernels, 1, 1
	return t, errors.Join(t.Check(), between("classes", float64(c.Classes), 2, 1e5), positive("seconds", c.Seconds))
}

// importBench makes a backbone of an ONNX file, with a fresh head. Unlike for
// training it need not state its preprocessing.
func importBench(data []byte, info weights.Info, c BenchConfig) (*backbone, error) {
	model, err := loadModel(data, c.Features)
	if err != nil {
		return nil, modelError(c.Backbone, err)
	}
	b := &backbone{name: info.Name, model: model, preprocessing: info.Preprocessing}
	if b.preprocessing.InputSize == 0 {
		_, b.preprocessing.InputSize, _ = model.InputSize()
	}
	if b.preprocessing.InputSize == 0 {
		b.preprocessing.InputSize = 224 // What classifiers are published for.
	}
	return b, b.replaceHead(c.Classes, 0)
}

// measure fills in the times of r.
func (r *BenchResult) measure(ctx context.Context, c BenchConfig, config Config, e *engine) error {
	optimizer, err := newOptimizer(config)
	if err != nil {
		return err
	}
	optimizer.Parallel, optimizer.Loops = e.backend.Parallel, e.backend.Loops()
	batch := randomBatch(c, e)
	step := func(rho float64) func() error {
		return func() error {
			optimizer.Rho = rho
			_, err := e.step(optimizer, benchRate, batch)
			return err
		}
	}
	forward, gradients := e.training.FLOPs()
	evaluation, _ := e.evaluation.FLOPs()
	r.MACs = evaluation / 2 / float64(c.Batch)

	r.Peak = gokernel.Peak(r.Threads, benchPeak)
	if r.Step, err = timeRuns(ctx, benchStep*c.Seconds, forward+gradients, step(0)); err != nil {
		return err
	}
	if rho := rho(config, 1); rho != 0 {
		if r.SAM, err = timeRuns(ctx, benchSAM*c.Seconds, 2*(forward+gradients), step(rho)); err != nil {
			return err
		}
	}
	r.Forward, err = timeRuns(ctx, benchForward*c.Seconds, evaluation, func() error {
		_, err := e.logits(batch.Images)
		return err
	})
	if err != nil {
		return err
	}
	if c.Layers {
		if r.Layers, err = timeLayers(ctx, benchLayers*c.Seconds, e); err != nil {
			return err
		}
	}
	r.Peak = max(r.Peak, gokernel.Peak(r.Threads, benchPeak))
	return nil
}

// Headline returns the timing of the step that was asked for: SAM's, or the
// base optimizer's if that was left out.
func (r *BenchResult) Headline() Timing {
	if r.SAM.N == 0 {
		return r.Step
	}
	return r.SAM
}

// Share returns the speed of t as a share of the peak.
func (r *BenchResult) Share(t Timing) float64 { return t.GFLOPS() / r.Peak }

// randomBatch returns images of normal noise, and random labels.
func randomBatch(c BenchConfig, e *engine) *Batch {
	rng := rand.New(rand.NewPCG(1, 2))
	b := newBatch(c.Batch, 3*e.size*e.size)
	for i := range b.Images {
		b.Images[i] = float32(rng.NormFloat64())
	}
	for i := range b.Labels {
		b.Labels[i] = rng.IntN(c.Classes)
	}
	return b
}
