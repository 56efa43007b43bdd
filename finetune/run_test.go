package finetune

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"finetune/tasks"
)

// testClasses are told apart by their colour.
var testClasses = map[string]color.NRGBA{"blue": {20, 20, 180, 255}, "green": {20, 180, 20, 255}, "red": {180, 20, 20, 255}}

// testFolder writes a data set: for each class some training and some test
// images.
func testFolder(t *testing.T, training, test int) string {
	t.Helper()
	dir := t.TempDir()
	seed := uint64(0)
	for split, n := range map[string]int{"train": training, "test": test} {
		for class, around := range testClasses {
			folder := filepath.Join(dir, split, class)
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				seed++
				path := filepath.Join(folder, fmt.Sprintf("%02d.png", i))
				if err := os.WriteFile(path, noise(t, 40, 36, around, seed), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return dir
}

// testConfig is a run of a few seconds: SAM from the second epoch on, batch
// statistics, and a last batch that is not full.
func testConfig(t *testing.T, data string) Config {
	c := DefaultsFor("folder", "", "sam")
	c.Data, c.Output = data, filepath.Join(t.TempDir(), "run")
	c.InputSize, c.Batch, c.Epochs, c.SAMFrom, c.LearningRate, c.BatchNorm = 32, 4, 3, 2, 0.005, "train"
	return c
}

// mustRun runs c and returns the result and all events.
func mustRun(t *testing.T, c Config) (*Result, []Event) {
	t.Helper()
	var events []Event
	r, err := Run(context.Background(), c, func(e Event) { events = append(events, e) })
	if err != nil {
		t.Fatal(err)
	}
	return r, events
}

func mustRead(t *testing.T, elem ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A run that is interrupted within an epoch and resumed with another number of
// threads ends in the bytes of a run that was not.
func TestResumeGivesTheSameBytes(t *testing.T) {
	data := testFolder(t, 3, 2)
	for _, optimizer := range []string{"sam", "sam+adamw"} {
		t.Run(optimizer, func(t *testing.T) {
			rates := DefaultsFor("folder", "", optimizer)
			whole := testConfig(t, data)
			whole.Optimizer, whole.LearningRate, whole.HeadLR = optimizer, rates.LearningRate/4, rates.HeadLR/4
			resumeGivesTheSameBytes(t, whole)
		})
	}
}

func resumeGivesTheSameBytes(t *testing.T, whole Config) {
	c := whole
	whole.Threads = 1
	want, _ := mustRun(t, whole)

	c.Output, c.Threads = filepath.Join(t.TempDir(), "run"), 2
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := Run(ctx, c, func(e Event) {
		if e.Kind == KindStep && e.Step == 5 {
			cancel()
		}
	})
	if !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), c.Output) {
		t.Fatalf("error %v, want ErrInterrupted with the folder to resume", err)
	}
	c.Resume = c.Output
	got, events := mustRun(t, c)
	if got.Before == nil || got.Before.Top1 != want.Before.Top1 || got.Before.N != want.Before.N {
		t.Errorf("before training %+v, want %+v", got.Before, want.Before)
	}
	if first := firstStep(events); first != 6 {
		t.Errorf("resumed at step %d, want 6", first)
	}
	for _, name := range []string{modelFile, predictionsFile, classesFile} {
		if !bytes.Equal(mustRead(t, got.Run, name), mustRead(t, want.Run, name)) {
			t.Errorf("%s differs from that of the run without an interruption", name)
		}
	}
	if a, b := stepLosses(t, got.Run), stepLosses(t, want.Run); fmt.Sprint(a) != fmt.Sprint(b) || len(a) != 9 {
		t.Errorf("losses of the steps %v, want %v", a, b)
	}
}

func firstStep(events []Event) int {
	for _, e := range events {
		if e.Kind == KindStep {
			return e.Step
		}
	}
	return 0
}

// stepLosses reads the losses of metrics.jsonl.
func stepLosses(t *testing.T, run string) []float64 {
	t.Helper()
	log, err := openMetrics(filepath.Join(run, metricsFile), func(metric) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	var losses []float64
	for _, m := range log.all {
		if m.Kind == "step" {
			losses = append(losses, m.Loss)
		}
	}
	return losses
}

// What a run says of its model is what Evaluate finds in the file, and what
// Predict answers; the newest checkpoint exports to the same weights.
func TestRunThenUse(t *testing.T) {
	data := testFolder(t, 4, 3)
	c := testConfig(t, data)
	r, events := mustRun(t, c)
	for _, name := range []string{configFile, envFile, classesFile, metricsFile, summaryFile, predictionsFile, modelFile, reportFile} {
		if len(mustRead(t, r.Run, name)) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	if r.Before == nil || r.After.N != 9 || r.Summary.NTest != 9 || r.Summary.Top1 != r.After.Top1 {
		t.Errorf("before %v, after %+v, summary %+v", r.Before, r.After, r.Summary)
	}
	if events[0].Kind != KindStart || events[0].Steps != 9 {
		t.Errorf("first event %+v, want the start of 9 steps", events[0])
	}

	e, err := Evaluate(context.Background(), r.Model, EvaluateConfig{Task: "folder", Data: data, Batch: c.Batch}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Top1 != r.After.Top1 || e.Loss != r.After.Loss || e.N != r.After.N {
		t.Errorf("evaluated top-1 %v, loss %v of %d; the run says %v, %v of %d", e.Top1, e.Loss, e.N, r.After.Top1, r.After.Loss, r.After.N)
	}

	image := filepath.Join(data, "test", "red", "00.png")
	predictions, err := Predict(context.Background(), r.Model, []string{image}, PredictConfig{Top: 2}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := predictionOf(t, e, "test/red/00.png")
	if top := predictions[0].Top; len(top) != 2 || top[0].Label != want.Predicted || math.Abs(top[0].Probability-want.Probability) > 1e-5 {
		t.Errorf("predicted %+v, want %+v", top, want)
	}
	checkExport(t, r, data, e)
}

func predictionOf(t *testing.T, e *Evaluation, suffix string) Prediction {
	t.Helper()
	for _, p := range e.Predictions {
		if strings.HasSuffix(p.Path, suffix) {
			return p
		}
	}
	t.Fatalf("no prediction of %s", suffix)
	return Prediction{}
}

func checkExport(t *testing.T, r *Result, data string, want *Evaluation) {
	t.Helper()
	var finished, exported bytes.Buffer
	if err := Export(r.Run, &finished); err != nil || !bytes.Equal(finished.Bytes(), mustRead(t, r.Model)) {
		t.Errorf("export of the run is not its %s (error %v)", modelFile, err)
	}
	if err := Export(filepath.Join(r.Run, checkpointDir, "epoch-003.ckpt"), &exported); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "exported.onnx")
	if err := os.WriteFile(path, exported.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := Evaluate(context.Background(), path, EvaluateConfig{Task: "folder", Data: data, Batch: 4}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Loss != want.Loss {
		t.Errorf("the exported checkpoint has loss %v, want %v", e.Loss, want.Loss)
	}
}

// Three colours are learned in a few steps.
func TestRunLearns(t *testing.T) {
	c := testConfig(t, testFolder(t, 8, 4))
	c.Optimizer, c.BatchNorm, c.Epochs, c.Batch, c.LearningRate = "sgd", "frozen", 6, 8, 0.01
	r, _ := mustRun(t, c)
	t.Logf("before: top-1 %v, loss %v; after: top-1 %v, loss %v", r.Before.Top1, r.Before.Loss, r.After.Top1, r.After.Loss)
	if r.After.Top1 < 0.9 || r.After.Loss > 0.5*math.Log(3) {
		t.Errorf("top-1 %v and loss %v after training, want at least 0.9 and at most half of chance", r.After.Top1, r.After.Loss)
	}
}

func TestBadImages(t *testing.T) {
	data := testFolder(t, 2, 2)
	bad := filepath.Join(data, "train", "red", "00.png")
	if err := os.WriteFile(bad, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := testConfig(t, data)
	c.Epochs = 1
	var dataErr *DataError
	if _, err := Run(context.Background(), c, nil); !errors.As(err, &dataErr) || !strings.Contains(err.Error(), "train/red/00.png") {
		t.Errorf("error %v, want a *DataError that names the image", err)
	}
	c.Output, c.OnBadImage = c.Output+"2", "skip"
	r, events := mustRun(t, c)
	if r.Summary.Skipped != 1 {
		t.Errorf("%d images skipped, want 1", r.Summary.Skipped)
	}
	notices := 0
	for _, e := range events {
		if e.Kind == KindNotice && strings.Contains(e.Message, "train/red/00.png") {
			notices++
		}
	}
	if notices != 1 {
		t.Errorf("%d notices of the image, want 1", notices)
	}
}

func TestDivergedKeepsTheLastGoodState(t *testing.T) {
	c := testConfig(t, testFolder(t, 2, 1))
	c.Optimizer, c.ClipNorm, c.Warmup, c.Batch, c.Schedule = "sgd", 0, 0, 6, "constant"
	c.LearningRate = 1e30
	_, err := Run(context.Background(), c, nil)
	// The only step of epoch 1 leaves weights at which the loss is not finite.
	if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "epoch-000.ckpt") {
		t.Errorf("error %v, want ErrDiverged that names the checkpoint before epoch 1", err)
	}
	for _, name := range []string{"epoch-000.ckpt", "epoch-001.ckpt"} {
		if _, err := readCheckpoint(filepath.Join(c.Output, checkpointDir, name)); err != nil {
			t.Error(err)
		}
	}
}

// The one step of the run leaves weights that no image has numbers for.
func TestDivergedInTheLastStep(t *testing.T) {
	c := testConfig(t, testFolder(t, 2, 1))
	c.Optimizer, c.ClipNorm, c.Warmup, c.Batch, c.Schedule, c.Epochs = "sgd", 0, 0, 6, "constant", 1
	c.LearningRate = 1e30
	_, err := Run(context.Background(), c, nil)
	if !errors.Is(err, ErrDiverged) || !strings.Contains(err.Error(), "test split: the logit of class") {
		t.Errorf("error %v, want ErrDiverged that names split and class", err)
	}
}

// A run that is interrupted before its first step is resumed like any other.
func TestResumeBeforeTheFirstStep(t *testing.T) {
	c := testConfig(t, testFolder(t, 2, 1))
	c.Epochs = 1
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := Run(ctx, c, func(e Event) {
		if e.Kind == KindEvaluation {
			cancel()
		}
	})
	if !errors.Is(err, ErrInterrupted) {
		t.Fatalf("error %v, want ErrInterrupted", err)
	}
	c.Resume = c.Output
	if _, events := mustRun(t, c); firstStep(events) != 1 {
		t.Errorf("resumed at step %d, want 1", firstStep(events))
	}
}

// With Validate the model is measured after every epoch; with train head the
// rest stays as it was.
func TestValidateAndTrainHead(t *testing.T) {
	c := testConfig(t, testFolder(t, 3, 1))
	c.Validate, c.Train, c.BatchNorm, c.Epochs, c.HeadLR = true, "head", "frozen", 2, 0.1
	r, events := mustRun(t, c)
	var epochs []int
	for _, e := range events {
		if e.Kind == KindEvaluation {
			epochs = append(epochs, e.Epoch)
		}
	}
	if fmt.Sprint(epochs) != "[0 1 2]" || r.Summary.Split != "validation" {
		t.Errorf("evaluated after epochs %v of the %s split, want [0 1 2] and validation", epochs, r.Summary.Split)
	}
	ckpt, err := readCheckpoint(filepath.Join(r.Run, checkpointDir, "epoch-002.ckpt"))
	if err != nil {
		t.Fatal(err)
	}
	b := namedBackbone(t, "", len(testClasses))
	changed := 0
	for i, p := range b.model.Params {
		if !slices.Equal(ckpt.Tensors[i].value, p.Value) {
			changed++
		}
	}
	if want := len(b.model.HeadParams()); changed != want {
		t.Errorf("%d tensors changed, want %d", changed, want)
	}
}

func TestZeroEpochsEvaluateOnly(t *testing.T) {
	c := testConfig(t, testFolder(t, 2, 2))
	c.Epochs, c.Warmup = 0, 0
	r, _ := mustRun(t, c)
	if r.After.N != 6 || r.Before != nil || len(mustRead(t, r.Model)) == 0 {
		t.Errorf("after %+v, before %v", r.After, r.Before)
	}
}

func TestResumeRefusesAnotherRecipe(t *testing.T) {
	c := testConfig(t, testFolder(t, 2, 1))
	c.Epochs = 1
	mustRun(t, c)
	c.Resume, c.Rho = c.Output, 0.1
	var config *ConfigError
	if _, err := Run(context.Background(), c, nil); !errors.As(err, &config) || config.Key != "rho" {
		t.Errorf("error %v, want a *ConfigError of rho", err)
	}
}

func TestRunErrors(t *testing.T) {
	data := testFolder(t, 1, 1)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no model"), 0o644); err != nil {
		t.Fatal(err)
	}
	var (
		config  *ConfigError
		dataErr *DataError
		model   *ModelError
	)
	for name, test := range map[string]struct {
		change func(c *Config)
		want   func(error) bool
	}{
		"epochs -1":         {func(c *Config) { c.Epochs = -1 }, func(err error) bool { return errors.As(err, &config) }},
		"unknown task":      {func(c *Config) { c.Task = "floers" }, func(err error) bool { return errors.Is(err, tasks.ErrUnknownTask) }},
		"missing folder":    {func(c *Config) { c.Data = filepath.Join(data, "no") }, func(err error) bool { return errors.As(err, &dataErr) }},
		"unknown backbone":  {func(c *Config) { c.Backbone = "resnt50" }, func(err error) bool { return errors.As(err, &config) }},
		"missing backbone":  {func(c *Config) { c.Backbone = "no.onnx" }, func(err error) bool { return errors.As(err, &dataErr) }},
		"no model":          {func(c *Config) { c.Backbone = file }, func(err error) bool { return errors.As(err, &model) }},
		"output in a file":  {func(c *Config) { c.Output = filepath.Join(file, "run") }, func(err error) bool { return errors.As(err, &dataErr) }},
		"nothing to resume": {func(c *Config) { c.Resume = data }, func(err error) bool { return errors.As(err, &dataErr) }},
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t, data)
			test.change(&c)
			if _, err := Run(context.Background(), c, nil); err == nil || !test.want(err) {
				t.Errorf("error %v is of another kind", err)
			}
		})
	}
}
