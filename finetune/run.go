package finetune

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"

	"finetune/internal/vm"
	"finetune/tasks"
)

// A Result is what a run gives back.
type Result struct {
	Summary Summary
	Run     string // Run folder.
	Model   string // Path of model.onnx.
	Report  string // Path of report.html.

	Before *Evaluation // With the fresh head, on some of the test images; nil if not done.
	After  *Evaluation // Of the trained model.
}

// Run trains as c says and writes the run folder.
//
// It returns an error that wraps ErrInterrupted when ctx is canceled, after
// saving a checkpoint; one that wraps ErrDiverged when the loss is not finite;
// a *DataError or a *ModelError when those are at fault.
func Run(ctx context.Context, c Config, observe Observer) (*Result, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	data, err := openTask(ctx, c.Task, c.Data, observe)
	if err != nil {
		return nil, err
	}
	backbone, err := openBackbone(ctx, c, "", observe)
	if err != nil {
		return nil, err
	}
	if err := backbone.replaceHead(len(data.Classes), c.Seed); err != nil {
		return nil, err
	}
	engine, err := newTrainingEngine(c, backbone)
	if err != nil {
		return nil, err
	}
	defer engine.backend.Close()
	defer collectSooner()()
	r, err := openRun(c, data, backbone, engine, observe)
	if err != nil {
		return nil, err
	}
	defer r.close()
	before, err := r.evaluateBefore(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.trainer.train(ctx); err != nil {
		return nil, err
	}
	after, err := r.evaluate(ctx, c.Epochs)
	if err != nil {
		return nil, err
	}
	return r.finish(before, after)
}

// newTrainingEngine plans the graphs of training and of evaluation.
func newTrainingEngine(c Config, b *backbone) (*engine, error) {
	kernels, err := openKernels(c.Kernels, c.Threads)
	if err != nil {
		return nil, err
	}
	e := newEngine(b.model, kernels, b.inputSize(c.InputSize))
	e.takeValues()
	if err := e.compileTraining(c); err != nil {
		e.backend.Close()
		return nil, err
	}
	if err := e.compileEvaluation(c.Batch); err != nil {
		e.backend.Close()
		return nil, err
	}
	vm.ShareArena(e.training.Machine, e.evaluation.Machine)
	debug.FreeOSMemory() // Import and planning leave as much behind as the file holds.
	return e, nil
}

// A run is a training under way.
type run struct {
	config   Config
	data     *tasks.Dataset
	backbone *backbone
	engine   *engine
	dir      runDir
	trainer  *trainer
	observe  Observer

	evaluation measurement
	heldOut    *features // Of evaluation.data; nil until they are read.
	split      string    // test or validation.
}

// openRun makes or opens the run folder, and takes up a run that is resumed.
func openRun(c Config, data *tasks.Dataset, b *backbone, e *engine, observe Observer) (*run, error) {
	r := &run{config: c, data: data, backbone: b, engine: e, observe: observe}
	training, evaluation, split := splits(c, data)
	if len(training) == 0 || len(evaluation) == 0 {
		return nil, &DataError{fmt.Errorf("%s: %d images to train on and %d of the %s split: want some of both", c.Task, len(training), len(evaluation), split)}
	}
	r.split = split
	bad := &badImages{policy: c.OnBadImage, observe: observe}
	view, err := evaluationView(b.preprocessing, e.size)
	if err != nil {
		return nil, err
	}
	budget := int64(0)
	if c.Validate { // The images come again after every epoch.
		budget = cacheBytes / 2
	}
	r.evaluation = measurement{split + " split", len(data.Classes), newPictures(data.FS, evaluation, view.pipeline.Enough(), budget), view, bad, observe}
	if err := r.openTrainer(training, bad); err != nil {
		return nil, err
	}
	observe.tell(Event{
		Kind: KindStart, Run: string(r.dir), Epochs: c.Epochs, Step: r.trainer.step, Steps: r.trainer.schedule.total,
		Message: fmt.Sprintf("%s: %d images to train on, %d of the %s split, %d classes; %s at %d pixels, %d in training, %d threads of %s",
			c.Task, len(training), len(evaluation), split, len(data.Classes), b.name, e.size, e.trainSize, e.backend.Threads(), e.backend.Name()),
	})
	return r, nil
}

// openTrainer prepares training, from the start or from a checkpoint.
func (r *run) openTrainer(examples []tasks.Example, bad *badImages) error {
	c := r.config
	view, err := trainingView(cmp.Or(c.Augment, DefaultsFor(c.Task, c.Train, c.Optimizer).Augment), r.backbone.preprocessing, r.engine.trainSize)
	if err != nil {
		return err
	}
	optimizer, err := newOptimizer(c)
	if err != nil {
		return err
	}
	optimizer.Parallel, optimizer.Loops = r.engine.backend.Parallel, r.engine.backend.Loops()
	budget := int64(cacheBytes)
	if r.engine.trainsOnFeatures(c, view, len(examples)) {
		budget = 0
		if err := r.engine.cutHead(c); err != nil {
			return err
		}
	}
	perEpoch := stepsPerEpoch(len(examples), c.Batch)
	t := &trainer{
		config: c, engine: r.engine, optimizer: optimizer, schedule: newSchedule(c, perEpoch), perEpoch: perEpoch,
		data: newPictures(r.data.FS, examples, view.pipeline.Enough(), budget), view: view, bad: bad, observe: r.observe,
		header: checkpointHeader{
			Config: c, Backbone: r.backbone.name, BackboneSHA256: r.backbone.sha256, Classes: r.data.Classes, InputSize: r.engine.size,
		},
	}
	if c.Validate {
		t.endOfEpoch = func(ctx context.Context, epoch int) error {
			_, err := r.evaluateBetween(ctx, epoch)
			return err
		}
	}
	r.trainer = t
	if err := r.openDir(); err != nil {
		return err
	}
	t.metrics, err = openMetrics(r.dir.path(metricsFile), keeps(t.step, t.schedule.total))
	return err
}

// openDir makes the run folder with what is known, or takes up the run in it.
func (r *run) openDir() error {
	if r.config.Resume != "" {
		path, err := filepath.EvalSymlinks(r.config.Resume) // It may be runs/latest.
		if err != nil {
			return &DataError{fmt.Errorf("resume: %w", err)}
		}
		r.dir, r.trainer.dir = runDir(path), runDir(path)
		c, notice, err := r.dir.newestCheckpoint()
		if err != nil {
			return err
		}
		if notice != "" {
			r.observe.notice(notice)
		}
		return r.trainer.resume(c)
	}
	dir, err := createRunDir(r.config, r.backbone.name)
	if err != nil {
		return err
	}
	r.dir, r.trainer.dir = dir, dir
	env := newEnvironment(r.engine.backend.Name(), r.engine.backend.Threads())
	if err := r.dir.begin(r.config, env, r.data.Classes); err != nil {
		return err
	}
	if err := r.dir.linkLatest(); err != nil {
		r.observe.notice(fmt.Sprintf("no link runs/latest: %v", err))
	}
	return r.trainer.save() // A disk without room for it is an error now, not after an epoch.
}

func (r *run) close() { r.trainer.metrics.Close() }

// beforeImages is how many images the accuracy before training is measured on:
// a fresh head is at chance.
const beforeImages = 256

// evaluateBefore measures the fresh head on some of the images. A run that does not train
// does without; that of one that is resumed is in its metrics.
func (r *run) evaluateBefore(ctx context.Context) (*Evaluation, error) {
	if b := r.trainer.metrics.before(); b != nil && r.trainer.step > 0 {
		return &Evaluation{
			Task: r.config.Task, Split: r.split, N: b.N, Top1: b.Top1, Top1CI95: b.Top1CI95, Top5: b.Top5, MeanPerClass: b.MeanPerClass, Loss: b.Loss,
		}, nil
	}
	if r.trainer.step > 0 || r.config.Epochs == 0 {
		return nil, nil
	}
	m := r.evaluation
	m.data = newPictures(r.data.FS, tasks.Limit(m.data.examples, beforeImages), m.view.pipeline.Enough(), 0)
	m.name = fmt.Sprintf("before training, %d images of the %s", len(m.data.examples), m.name)
	return r.measure(ctx, m, 0)
}

// evaluate measures the model after an epoch.
func (r *run) evaluate(ctx context.Context, epoch int) (*Evaluation, error) {
	return r.measure(ctx, r.evaluation, epoch)
}

// evaluateBetween is evaluate for an epoch that is not the last one: where
// training reads features, so does it.
func (r *run) evaluateBetween(ctx context.Context, epoch int) (*Evaluation, error) {
	e, m := r.engine, r.evaluation
	if e.backbone == nil || e.trainSize != e.size || !e.keepsFeatures(len(m.data.examples)) {
		return r.evaluate(ctx, epoch)
	}
	if r.heldOut == nil {
		var err error
		r.heldOut, err = e.readFeatures(ctx, m.data, m.view.loader(m.data, e.backbone.batch, nil), m.observe)
		if err != nil {
			return nil, err
		}
	}
	evaluation, err := measure(ctx, m, r.heldOut.loader(e.training.batch), e.headLogits)
	return r.record(evaluation, err, m, epoch)
}

func (r *run) measure(ctx context.Context, m measurement, epoch int) (*Evaluation, error) {
	e, err := r.engine.measure(ctx, m)
	return r.record(e, err, m, epoch)
}

// record tells of an evaluation, or says what the error is worth.
func (r *run) record(e *Evaluation, err error, m measurement, epoch int) (*Evaluation, error) {
	if errors.Is(err, ErrInterrupted) {
		return nil, fmt.Errorf("%w while evaluating: --resume %s goes on", err, string(r.dir))
	}
	if err != nil {
		return nil, err
	}
	e.describe(r.data, r.split)
	e.Protocol, e.Partial = r.protocol(), r.partial()
	r.observe.tell(Event{Kind: KindEvaluation, Message: m.name, Epoch: epoch, Epochs: r.config.Epochs, Loss: e.Loss, Accuracy: e.Top1, ImagesPerSecond: e.ImagesPerSecond, Evaluation: e})
	return e, r.trainer.metrics.add(metric{
		Kind: "evaluation", Epoch: epoch, Step: r.trainer.step, Loss: e.Loss, Accuracy: e.Top1, Top5: e.Top5, MeanPerClass: e.MeanPerClass,
		N: e.N, Skipped: e.Skipped, Seconds: e.Seconds, ImagesPerSecond: e.ImagesPerSecond,
	})
}
