package finetune

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"finetune/importer"
	"finetune/tasks"
	"finetune/weights"
)

// A DoctorConfig says what Doctor looks at.
type DoctorConfig struct {
	Config          // Of the run that is asked about; Task gives the images of the estimate.
	Batches []int   // Images a step for which memory is planned.
	Seconds float64 // To measure steps for, about; 0 measures none.
}

// DefaultDoctor returns what Doctor looks at if nothing else is said.
func DefaultDoctor() DoctorConfig {
	return DoctorConfig{Config: Defaults("flowers"), Batches: []int{1, 8, 32}, Seconds: 2}
}

// A Diagnosis is what training a model takes, and what keeps it from it.
type Diagnosis struct {
	Model  string `json:"model"`
	SHA256 string `json:"sha256"` // Of the file, with the weights that it keeps elsewhere.
	Bytes  int    `json:"bytes"`  // The same.
	importer.Report

	Preprocessing     *weights.Preprocessing `json:"preprocessing"` // Nil if it is not known.
	PreprocessingFrom string                 `json:"preprocessing_from"`

	Memory     []MemoryUse `json:"memory"`
	FLOPs      float64     `json:"flops"`       // Of a forward pass of an image, two for a multiplication and an addition.
	TrainFLOPs float64     `json:"train_flops"` // Of a pass with gradients, at the size of training.
	Epoch      *EpochTime  `json:"epoch"`       // Nil if it was not measured.
}

// A MemoryUse is the memory that training takes.
type MemoryUse struct {
	Batch int `json:"batch"`
	Arena int `json:"arena_bytes"` // Planned for all values of a step.
	State int `json:"state_bytes"` // Parameters, gradients, SAM's copy and momentum.
}

// An EpochTime estimates an epoch from steps that were measured.
type EpochTime struct {
	Task        string  `json:"task"`
	Images      int     `json:"images"`
	Batch       int     `json:"batch"`        // Of the steps that were measured.
	BaseMs      float64 `json:"base_step_ms"` // A step of the base optimizer, median.
	SAMMs       float64 `json:"sam_step_ms"`  // 0 without SAM.
	BaseSeconds float64 `json:"base_epoch_seconds"`
	SAMSeconds  float64 `json:"sam_epoch_seconds"` // 0 without SAM.
	// Free is the share of the time that the processors had for the slower of
	// the steps: other work took the rest. 0 if it is unknown.
	Free float64 `json:"free"`
}

// Doctor looks at a backbone: what it is, what training it would take here, and
// every obstacle to that. Obstacles are no error; a file that cannot be read is
// a *DataError, and a name that is unknown is one of those that Run returns.
func Doctor(ctx context.Context, c DoctorConfig, observe Observer) (*Diagnosis, error) {
	if err := errors.Join(c.Check(), between("seconds", c.Seconds, 0, math.MaxFloat64)); err != nil {
		return nil, err
	}
	name, like := c.Backbone, ""
	if row, path, ok := strings.Cut(name, "="); ok {
		name, like = path, row
	}
	d := &Diagnosis{Model: name}
	data, info, err := openWeights(ctx, name, observe)
	var model *ModelError
	if errors.As(err, &model) {
		d.Add(err)
		return d, nil
	}
	if err != nil {
		return nil, err
	}
	d.SHA256, d.Bytes = sumOf(data), len(data)
	d.Report = *importer.Inspect(data, c.Features)
	if d.Report.Model == nil {
		return d, nil
	}
	b := &backbone{name: info.Name, sha256: d.SHA256, model: d.Report.Model}
	if err := b.findPreprocessing(info, like, c.stated(), observe); err != nil {
		if !errors.As(err, &model) {
			return nil, err
		}
		d.Add(err)
		return d, nil
	}
	d.Preprocessing, d.PreprocessingFrom = &b.preprocessing, b.preprocessingFrom
	return d, d.examine(ctx, c, b)
}

// examine plans training, and measures a few steps of it.
func (d *Diagnosis) examine(ctx context.Context, c DoctorConfig, b *backbone) error {
	images, classes, err := taskSize(c.Task)
	if err != nil {
		return err
	}
	if err := b.replaceHead(classes, c.Seed); err != nil {
		d.Add(err)
		return nil
	}
	for _, batch := range c.Batches {
		c.Batch = batch
		e, err := d.plan(c, b)
		if err != nil {
			return err
		}
		if e != nil {
			e.backend.Close()
		}
	}
	if len(d.Obstacles) > 0 || c.Seconds == 0 {
		return nil
	}
	return d.time(ctx, c, b, images)
}

// taskSize returns the images that an epoch has, and the classes; of a task
// without an official data set, of a thousand images in ten classes.
func taskSize(name string) (images, classes int, err error) {
	t, err := tasks.Lookup(name)
	if err != nil {
		return 0, 0, err
	}
	if t.Official.Train == 0 {
		return 1000, 10, nil
	}
	if t.Embedded != nil {
		data, err := t.Embedded()
		if err != nil {
			return 0, 0, &DataError{err}
		}
		return len(data.Train) + len(data.Validation), len(data.Classes), nil
	}
	return t.Official.Train, t.Official.Classes, nil
}

// plan plans training at the batch of c; an obstacle gives no engine.
func (d *Diagnosis) plan(c DoctorConfig, b *backbone) (*engine, error) {
	kernels, err := openKernels(c.Kernels, c.Threads)
	if err != nil {
		return nil, err
	}
	e := newEngine(b.model, kernels, b.inputSize(c.InputSize))
	err = e.compileTraining(c.Config)
	if err == nil && d.FLOPs == 0 {
		if err = e.compileEvaluation(c.Batch); err == nil {
			forward, _ := e.evaluation.FLOPs()
			d.FLOPs = forward / float64(c.Batch)
		}
	}
	if err != nil {
		e.backend.Close()
		var model *ModelError
		if !errors.As(err, &model) {
			return nil, err
		}
		d.Add(fmt.Errorf("batch %d: %w", c.Batch, err))
		return nil, nil
	}
	forward, gradients := e.training.FLOPs()
	d.TrainFLOPs = (forward + gradients) / float64(c.Batch)
	const floats, copies = 4, 4 // Values, gradients, SAM's copy, momentum.
	d.Memory = append(d.Memory, MemoryUse{c.Batch, e.training.Bytes(), floats * copies * d.Parameters})
	return e, nil
}

// measuredBatch is a batch whose step is short, and takes as long an image as
// that of a larger one within a few percent.
const measuredBatch = 4

// time measures steps, and estimates an epoch of so many images.
func (d *Diagnosis) time(ctx context.Context, c DoctorConfig, b *backbone, images int) error {
	epoch := EpochTime{Task: c.Task, Images: images, Batch: measuredBatch}
	c.Batch = measuredBatch
	memory := d.Memory
	e, err := d.plan(c, b)
	d.Memory = memory
	if e == nil {
		return err
	}
	defer e.backend.Close()
	optimizer, err := newOptimizer(c.Config)
	if err != nil {
		return err
	}
	batch := randomBatch(BenchConfig{Batch: c.Batch, Classes: b.model.Classes()}, e)
	measure := func(rho, share float64) (float64, error) {
		t, err := timeRuns(ctx, share*c.Seconds, 0, func() error {
			optimizer.Rho = rho
			_, err := e.step(optimizer, benchRate, batch)
			return err
		})
		epoch.Free = min(1, t.CPUMs/t.MedianMs/float64(e.backend.Threads()))
		return t.MedianMs, err
	}
	if epoch.BaseMs, err = measure(0, 0.4); err != nil {
		return err
	}
	if rho := rho(c.Config, c.Epochs); rho != 0 {
		if epoch.SAMMs, err = measure(rho, 0.6); err != nil {
			return err
		}
	}
	steps := float64(images) / measuredBatch
	epoch.BaseSeconds, epoch.SAMSeconds = steps*epoch.BaseMs/1e3, steps*epoch.SAMMs/1e3
	d.Epoch = &epoch
	return nil
}
