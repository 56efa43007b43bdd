package finetune

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"finetune/internal/report"
)

// finish exports the model, checks the file, and writes the rest of the run
// folder.
func (r *run) finish(before, after *Evaluation) (*Result, error) {
	file, err := r.export(after)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(file)
	s := r.summary(after)
	s.ModelSHA256 = hex.EncodeToString(sum[:])
	if err := r.dir.writeJSON(summaryFile, s); err != nil {
		return nil, err
	}
	predictions, err := predictionsCSV(after)
	if err != nil {
		return nil, err
	}
	if err := r.dir.write(predictionsFile, predictions); err != nil {
		return nil, err
	}
	if err := r.report(s, after, int64(len(file))); err != nil {
		return nil, err
	}
	return &Result{
		Summary: s, Run: string(r.dir), Model: r.dir.path(modelFile), Report: r.dir.path(reportFile), Before: before, After: after,
	}, nil
}

func (r *run) summary(e *Evaluation) Summary {
	c, t := r.config, r.trainer
	s := Summary{
		Task: c.Task, Backbone: r.backbone.name, Optimizer: c.Optimizer, Epochs: c.Epochs, Seed: c.Seed,
		NTest: e.N, Top1: e.Top1, Top1CI95: e.Top1CI95, Top5: e.Top5, MeanPerClass: e.MeanPerClass, Loss: e.Loss,
		TrainSeconds: t.seconds, DataWaitSeconds: t.waited, Split: r.split, Skipped: len(t.bad.paths),
	}
	if t.seconds > 0 {
		s.ImagesPerSecond = float64(t.images) / t.seconds
		s.DataWaitShare = t.waited / t.seconds
	}
	return s
}

// protocol says in a sentence what is trained on and measured, and what limits cut.
func (r *run) protocol() string {
	text := protocol(r.data, r.split)
	if c := r.config; c.LimitTrain > 0 || c.LimitTest > 0 {
		training, evaluation, split := splits(c, r.data)
		text += fmt.Sprintf("; limited here to %d images to train on and %d of the %s split", len(training), len(evaluation), split)
	}
	return text
}

// partial says what is missing of the data set, and how many images of it could
// not be decoded.
func (r *run) partial() string {
	text := r.data.Partial
	if n := len(r.trainer.bad.paths); n > 0 {
		text = strings.TrimPrefix(fmt.Sprintf("%s; images that could not be decoded and do not count: %d", text, n), "; ")
	}
	return text
}

// report writes report.html.
func (r *run) report(s Summary, after *Evaluation, modelBytes int64) error {
	d := report.Data{
		Title: r.config.Task + " · " + r.backbone.name, Task: r.config.Task, Backbone: r.backbone.name, Method: method(r.config),
		Finished: time.Now(), Protocol: r.protocol(), Partial: r.partial(), Before: r.trainer.metrics.before(), After: after.accuracy(),
		TrainSeconds: s.TrainSeconds, ImagesPerSecond: s.ImagesPerSecond, DataWaitShare: s.DataWaitShare, ModelBytes: modelBytes, ModelSHA256: s.ModelSHA256,
		Classes: r.data.Classes, Predictions: reportPredictions(after.Predictions),
		Thumbnail: func(path string) ([]byte, error) { return thumbnail(r.data.FS, path) },
	}
	for i := range r.engine.values.Len() {
		d.Parameters += len(r.engine.values.Value(i))
	}
	d.Steps, d.Epochs = curves(r.trainer.metrics.all)
	var err error
	if d.Config, err = pairs(r.dir.path(configFile)); err != nil {
		return err
	}
	if d.Environment, err = pairs(r.dir.path(envFile)); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := report.Write(&page, d); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return r.dir.write(reportFile, page.Bytes())
}
