package finetune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"finetune/sam"
)

// A trainer makes the steps of a run.
type trainer struct {
	config    Config
	engine    *engine
	optimizer *sam.SAM
	schedule  schedule
	perEpoch  int // Steps.

	data    *pictures
	view    view
	bad     *badImages
	dir     runDir
	metrics *metricsLog
	observe Observer
	header  checkpointHeader // What does not change in a run.
	// endOfEpoch is called when an epoch's checkpoint is written, but for the
	// last one; nil is allowed.
	endOfEpoch func(ctx context.Context, epoch int) error

	step    int // Steps done.
	meter   epochMeter
	seconds float64 // Of training, over the run.
	waited  float64 // Seconds of them waiting for images.
	images  int     // Images that were trained on, over the run.
	warned  bool    // The notice about chance was given.
}

// train makes the steps that are left.
func (t *trainer) train(ctx context.Context) error {
	loader, err := t.loader(ctx)
	if err != nil {
		return err
	}
	for b := range loader.batches(ctx, shuffled(t.config.Seed, len(t.data.examples), t.config.Batch, t.step, t.schedule.total)) {
		if err := t.bad.check(b, t.data.examples); err != nil {
			return err
		}
		if err := t.takeStep(b, loader.takeWaited()); err != nil {
			return err
		}
		if t.step%t.perEpoch != 0 {
			continue
		}
		if err := t.finishEpoch(ctx); err != nil {
			return err
		}
	}
	if ctx.Err() != nil {
		return t.interrupt()
	}
	return nil
}

// loader returns a loader of what the steps train on: images, or the features
// of all images, which it reads.
func (t *trainer) loader(ctx context.Context) (*loader, error) {
	images := t.view.loader(t.data, t.config.Batch, func(step, sample int) *rand.Rand {
		return sampleRand(t.config.Seed, epochOf(step, t.perEpoch), sample)
	})
	if t.engine.backbone == nil || t.step == t.schedule.total {
		return images, nil
	}
	start, n := time.Now(), len(t.data.examples)
	t.observe.notice(fmt.Sprintf("every image is seen in one view and the head alone is trained: the backbone runs once for each of %d images", n))
	f, err := t.engine.readFeatures(ctx, t.data, images, t.observe)
	if err != nil {
		return nil, err
	}
	t.seconds += time.Since(start).Seconds()
	t.waited += images.takeWaited().Seconds()
	return f.loader(t.config.Batch), nil
}

// takeStep trains on a batch; waited is how long it was waited for.
func (t *trainer) takeStep(b *Batch, waited time.Duration) error {
	epoch := epochOf(t.step, t.perEpoch)
	s := stepResult{
		rows: b.Counted(), waited: waited.Seconds(),
		learningRate: t.config.LearningRate * t.schedule.factor(t.step), rho: rho(t.config, epoch),
	}
	start := time.Now()
	if s.rows > 0 {
		var err error
		t.optimizer.Rho = s.rho
		if s.Stats, err = t.engine.step(t.optimizer, s.learningRate, b); err != nil {
			return t.diverged(err)
		}
		s.right = t.engine.right
	}
	s.seconds = time.Since(start).Seconds() + s.waited
	t.step++
	t.meter.add(s)
	t.meter.Skipped += len(b.Samples) - s.rows
	t.seconds += s.seconds
	t.waited += s.waited
	t.images += s.rows
	return t.tellStep(epoch, s)
}

// diverged says where the loss stopped being finite, and what is kept.
func (t *trainer) diverged(err error) error {
	var nonFinite *sam.NonFiniteError
	if !errors.As(err, &nonFinite) {
		return err
	}
	kept := "no checkpoint was written yet"
	paths, _ := t.dir.checkpoints()
	if len(paths) > 1 && t.step%t.perEpoch == 0 && nonFinite.Pass == sam.Clean {
		paths = paths[1:] // The newest holds the very weights at which the loss is not finite.
	}
	if len(paths) > 0 {
		kept = "the last good state is " + paths[0]
	}
	return fmt.Errorf("%w at step %d: %w; %s (try a smaller learning rate)", ErrDiverged, t.step+1, err, kept)
}

func (t *trainer) tellStep(epoch int, s stepResult) error {
	e := Event{
		Kind: KindStep, Epoch: epoch, Epochs: t.config.Epochs, Step: t.step, Steps: t.schedule.total,
		Loss: s.Loss, Accuracy: float64(s.right) / max(1, float64(s.rows)),
		LearningRate: s.learningRate, Rho: s.rho, GradNorm: s.GradNorm,
		ImagesPerSecond: float64(t.meter.Rows) / t.meter.Seconds, DataWait: s.waited / s.seconds, ETA: t.eta(),
	}
	t.observe.tell(e)
	m := metric{
		Kind: "step", Epoch: epoch, Step: e.Step, Loss: e.Loss, Accuracy: e.Accuracy,
		LearningRate: e.LearningRate, Rho: e.Rho, GradNorm: e.GradNorm, Seconds: s.seconds, DataWait: e.DataWait,
	}
	if s.rho != 0 {
		m.PerturbedLoss = s.PerturbedLoss
	}
	return t.metrics.add(m)
}

// eta returns the time that the steps left will take: a SAM step has two
// passes, any other one.
func (t *trainer) eta() time.Duration {
	done, left := 0.0, 0.0
	for epoch := 1; epoch <= t.config.Epochs; epoch++ {
		passes := 1.0
		if rho(t.config, epoch) != 0 {
			passes = 2
		}
		stepsDone := min(t.perEpoch, max(0, t.step-(epoch-1)*t.perEpoch))
		done += passes * float64(stepsDone)
		left += passes * float64(t.perEpoch-stepsDone)
	}
	return time.Duration(t.seconds / done * left * float64(time.Second))
}

// finishEpoch tells of the epoch, and writes its metrics and checkpoint.
func (t *trainer) finishEpoch(ctx context.Context) error {
	epoch := t.step / t.perEpoch
	e := Event{
		Kind: KindEpoch, Epoch: epoch, Epochs: t.config.Epochs, Step: t.step, Steps: t.schedule.total,
		Loss: t.meter.loss(), Accuracy: t.meter.accuracy(), Rho: rho(t.config, epoch),
		LearningRate:    t.config.LearningRate * t.schedule.factor(t.step-1),
		ImagesPerSecond: float64(t.meter.Rows) / t.meter.Seconds, DataWait: t.meter.Waited / t.meter.Seconds, ETA: t.eta(),
	}
	t.observe.tell(e)
	err := t.metrics.add(metric{
		Kind: "epoch", Epoch: epoch, Step: t.step, Loss: e.Loss, Accuracy: e.Accuracy, LearningRate: e.LearningRate,
		Rho: e.Rho, Seconds: t.meter.Seconds, DataWait: e.DataWait, ImagesPerSecond: e.ImagesPerSecond, Skipped: t.meter.Skipped,
	})
	if err != nil {
		return err
	}
	t.warnOfChance(epoch)
	t.meter = epochMeter{}
	if err := t.save(); err != nil {
		return err
	}
	if t.endOfEpoch == nil || epoch == t.config.Epochs {
		return nil
	}
	return t.endOfEpoch(ctx, epoch)
}

// A run may stay at chance for so many epochs and steps before a notice: they
// have warm-up in them.
const (
	chanceEpochs = 2
	chanceSteps  = 50
)

// warnOfChance gives a notice, once, when the loss stays where a model that
// knows nothing has it.
func (t *trainer) warnOfChance(epoch int) {
	chance := math.Log(float64(t.engine.training.classes))
	if t.warned || epoch < chanceEpochs || t.step < chanceSteps || t.meter.loss() < 0.97*chance {
		return
	}
	t.warned = true
	advice := "try another --lr"
	if rho(t.config, epoch) != 0 {
		advice = fmt.Sprintf("SAM on a fresh head may never leave it: try --sam-from %d or a smaller --rho", t.config.SAMFrom+2)
	}
	t.observe.notice(fmt.Sprintf("after %d epochs the loss is %.3f; knowing nothing gives %.3f; %s", epoch, t.meter.loss(), chance, advice))
}

// interrupt saves where training stands.
func (t *trainer) interrupt() error {
	if t.step%t.perEpoch != 0 {
		if err := t.save(); err != nil {
			return errors.Join(ErrInterrupted, err)
		}
	}
	return fmt.Errorf("%w after step %d of %d: --resume %s goes on", ErrInterrupted, t.step, t.schedule.total, string(t.dir))
}

func (t *trainer) save() error {
	c := &checkpoint{checkpointHeader: t.header}
	c.Step, c.StepsPerEpoch, c.Epoch = t.step, t.perEpoch, t.meter
	c.TrainSeconds, c.WaitSeconds, c.TrainImages, c.BadImages = t.seconds, t.waited, t.images, t.bad.paths
	c.Tensors, c.OptimizerStep = t.engine.state(t.optimizer)
	err := t.dir.saveCheckpoint(c)
	if err != nil && t.step > 0 {
		return fmt.Errorf("%w (the checkpoints before it are kept: --resume %s goes on)", err, string(t.dir))
	}
	return err
}
