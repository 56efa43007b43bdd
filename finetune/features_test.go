package finetune

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"finetune/weights"
)

// headConfig is a small run that trains the head on one view of each image.
func headConfig(t *testing.T, data string) Config {
	c := testConfig(t, data)
	c.Train, c.BatchNorm, c.Augment, c.HeadLR = "head", "frozen", "flip(1)", 0.1
	return c
}

// A run on features makes the steps of one that sees the images at every step:
// the losses of SAM, clean and perturbed, agree, and so do the weights.
func TestFeaturesTrainAsImages(t *testing.T) {
	c := headConfig(t, testFolder(t, 3, 1))
	onFeatures, _ := mustRun(t, c)
	// A turn by up to this angle moves no pixel, but may.
	c.Augment, c.Output = c.Augment+"|rotate(1e-9)", c.Output+"-images"
	onImages, _ := mustRun(t, c)
	got, want := stepLosses(t, onFeatures.Run), stepLosses(t, onImages.Run)
	if len(got) != len(want) || len(got) != 9 {
		t.Fatalf("%d and %d steps, want 9", len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= 1e-5*want[i]) {
			t.Errorf("step %d: loss %v on features, %v on images", i+1, got[i], want[i])
		}
	}
	a, b := lastCheckpoint(t, onFeatures.Run), lastCheckpoint(t, onImages.Run)
	for i, w := range b.Tensors {
		if diff := largestDifference(a.Tensors[i].value, w.value); !(diff <= 1e-5) {
			t.Errorf("%s differs by %v of its largest value", w.name, diff)
		}
	}
}

func lastCheckpoint(t *testing.T, run string) *checkpoint {
	t.Helper()
	c, err := readCheckpoint(filepath.Join(run, checkpointDir, "epoch-003.ckpt"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// largestDifference returns max|a−b| / max|b|.
func largestDifference(a, b []float32) float64 {
	diff, largest := 0.0, 0.0
	for i := range b {
		diff = max(diff, math.Abs(float64(a[i])-float64(b[i])))
		largest = max(largest, math.Abs(float64(b[i])))
	}
	return diff / max(largest, math.SmallestNonzeroFloat32)
}

// A run on features that was interrupted ends in the bytes of one that was not.
func TestResumeOnFeaturesGivesTheSameBytes(t *testing.T) {
	data := testFolder(t, 3, 1)
	whole := headConfig(t, data)
	want, events := mustRun(t, whole)
	if !slices.ContainsFunc(events, func(e Event) bool { return e.Kind == KindEvaluating && e.Message == "features" }) {
		t.Error("the run read no features")
	}
	c := headConfig(t, data)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := Run(ctx, c, func(e Event) {
		if e.Kind == KindStep && e.Step == 5 {
			cancel()
		}
	})
	if !errors.Is(err, ErrInterrupted) {
		t.Fatalf("error %v, want ErrInterrupted", err)
	}
	c.Resume = c.Output
	got, _ := mustRun(t, c)
	for _, name := range []string{modelFile, predictionsFile} {
		if !bytes.Equal(mustRead(t, got.Run, name), mustRead(t, want.Run, name)) {
			t.Errorf("%s differs from that of the run without an interruption", name)
		}
	}
}

// An image that cannot be decoded has no features; its row does not count.
func TestFeaturesWithoutABadImage(t *testing.T) {
	data := testFolder(t, 2, 1)
	if err := os.WriteFile(filepath.Join(data, "train", "red", "00.png"), []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := headConfig(t, data)
	var dataErr *DataError
	if _, err := Run(context.Background(), c, nil); !errors.As(err, &dataErr) || !strings.Contains(err.Error(), "train/red/00.png") {
		t.Errorf("error %v, want a *DataError that names the image", err)
	}
	c.Output, c.OnBadImage = c.Output+"2", "skip"
	r, events := mustRun(t, c)
	rows := 0
	for _, e := range events {
		if e.Kind == KindNotice && strings.Contains(e.Message, "train/red/00.png") {
			rows++
		}
	}
	if r.Summary.Skipped != 1 || rows != 1 {
		t.Errorf("%d images skipped in %d notices, want 1 in 1", r.Summary.Skipped, rows)
	}
}

// Features change with a random view, with batch statistics and with a trained
// backbone.
func TestWhenFeaturesStay(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(c *Config)
		want   bool
	}{
		{"fixed", func(*Config) {}, true},
		{"default of the head", func(c *Config) { c.Augment = "" }, true},
		{"random", func(c *Config) { c.Augment = "flip" }, false},
		{"batch statistics", func(c *Config) { c.BatchNorm = "train" }, false},
		{"last tensors", func(c *Config) { c.Train = "last:2" }, false},
		{"all", func(c *Config) { c.Train = "all" }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := headConfig(t, "")
			test.change(&c)
			b := namedBackbone(t, "", len(testClasses))
			e, err := newTrainingEngine(c, b)
			if err != nil {
				t.Fatal(err)
			}
			defer e.backend.Close()
			spec := c.Augment
			if spec == "" {
				spec = DefaultsFor(c.Task, c.Train, c.Optimizer).Augment
			}
			row, err := weights.Lookup(DefaultBackbone)
			if err != nil {
				t.Fatal(err)
			}
			v, err := trainingView(spec, row.Preprocessing, e.trainSize)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.trainsOnFeatures(c, v, 10); got != test.want {
				t.Errorf("trains on features: %v, want %v", got, test.want)
			}
			if tooMany := featureBytes/4/e.featureSize() + 1; e.trainsOnFeatures(c, v, tooMany) {
				t.Errorf("features of %d images are kept, more than %d bytes", tooMany, featureBytes)
			}
		})
	}
}

// Between epochs a model is measured on features to what the images give.
func TestEvaluationOnFeatures(t *testing.T) {
	c := headConfig(t, testFolder(t, 4, 1))
	c.Validate, c.TrainScale = true, 1
	onFeatures, events := mustRun(t, c)
	reads := 0
	for _, e := range events {
		if e.Kind == KindEvaluating && e.Message == "features" && e.Step == e.Steps {
			reads++
		}
	}
	if reads != 2 {
		t.Errorf("features were read %d times, want twice: of the training and of the validation images", reads)
	}
	c.Augment, c.Output = c.Augment+"|rotate(1e-9)", c.Output+"-images"
	onImages, _ := mustRun(t, c)
	got, want := evaluations(t, onFeatures.Run), evaluations(t, onImages.Run)
	if len(got) != 4 || len(want) != 4 { // Before training, and after three epochs.
		t.Fatalf("%d and %d evaluations, want 4", len(got), len(want))
	}
	for i := range want {
		if !(math.Abs(got[i].Loss-want[i].Loss) <= 1e-5*want[i].Loss) || got[i].N != want[i].N || got[i].Epoch != want[i].Epoch {
			t.Errorf("evaluation %d is %+v on features, %+v on images", i, got[i], want[i])
		}
	}
}

func evaluations(t *testing.T, run string) []metric {
	t.Helper()
	log, err := openMetrics(filepath.Join(run, metricsFile), func(m metric) bool { return m.Kind == "evaluation" })
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	return log.all
}
