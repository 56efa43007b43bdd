package finetune

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"finetune/tasks"
)

// A ClassScore is a class and its probability.
type ClassScore struct {
	Class       string  `json:"class"`
	Label       int     `json:"label"`
	Probability float64 `json:"probability"` // In [0, 1].
}

// An ImagePrediction is the model's answer for an image file.
type ImagePrediction struct {
	Path string       `json:"path"`
	Top  []ClassScore `json:"top"` // Best first.
}

// A PredictConfig says how images are classified.
type PredictConfig struct {
	Top     int    // Classes that are named for each image.
	Threads int    // Workers of the kernels; 0 means all cores.
	Kernels string // One of KernelNames; "" is auto.

	// What Config has of the same names; it holds over what the file states.
	Mean, Std     string
	CropPct       float64
	Interpolation string
	InputSize     int
}

// predictBatch is how many images are computed at a time.
const predictBatch = 8

// Predict classifies image files by the ONNX file model, with the
// preprocessing and the class names that the file itself states. It returns
// the best classes of each image, in the order of images. A class without a
// name is called by its number. What the file leaves open, or states otherwise
// than it is run, is told as notices.
func Predict(ctx context.Context, model string, images []string, c PredictConfig, observe Observer) ([]ImagePrediction, error) {
	said := Config{
		Backbone: model, Mean: c.Mean, Std: c.Std, CropPct: c.CropPct, Interpolation: c.Interpolation, InputSize: c.InputSize,
	}
	if err := said.checkPreprocessing(); err != nil {
		return nil, err
	}
	b, err := openBackbone(ctx, said, "", observe)
	if err != nil {
		return nil, err
	}
	classes, err := b.classNames()
	if err != nil {
		return nil, err
	}
	b.notePrediction(observe)
	view, err := evaluationView(b.preprocessing, b.inputSize(c.InputSize))
	if err != nil {
		return nil, err
	}
	kernels, err := openKernels(c.Kernels, c.Threads)
	if err != nil {
		return nil, err
	}
	e := newEngine(b.model, kernels, view.size)
	defer e.backend.Close()
	batch := max(1, min(predictBatch, len(images)))
	if err := e.compileEvaluation(batch); err != nil {
		return nil, err
	}
	data := newPictures(tasks.PlainFiles{FS: files{}}, examplesOf(images), view.pipeline.Enough(), 0)
	bad := &badImages{}
	var predictions []ImagePrediction
	for group := range view.loader(data, batch, nil).batches(ctx, inOrder(len(images), batch)) {
		if err := bad.check(group, data.examples); err != nil {
			return nil, err
		}
		logits, err := e.logits(group.Images)
		if err != nil {
			return nil, err
		}
		for row, sample := range group.Samples {
			predictions = append(predictions, ImagePrediction{images[sample], best(logits[row*len(classes):][:len(classes)], classes, c.Top)})
		}
	}
	if ctx.Err() != nil {
		return nil, ErrInterrupted
	}
	return predictions, nil
}

// best returns the topK classes of the largest logits, best first.
func best(logits []float32, classes []string, topK int) []ClassScore {
	scores := make([]ClassScore, len(logits))
	for label, p := range softmax(logits) {
		scores[label] = ClassScore{classes[label], label, p}
	}
	slices.SortStableFunc(scores, func(a, b ClassScore) int { return cmp.Compare(b.Probability, a.Probability) })
	return scores[:max(0, min(topK, len(scores)))]
}

// classNames returns the names that the file states, or numbers.
func (b *backbone) classNames() ([]string, error) {
	names, err := b.classes()
	if err != nil || names != nil {
		return names, err
	}
	for label := range b.model.Classes() {
		names = append(names, fmt.Sprintf("class %d", label))
	}
	return names, nil
}

// files are all files by their paths in the operating system.
type files struct{}

var _ fs.StatFS = files{}

// Open implements fs.FS.
func (files) Open(path string) (fs.File, error) { return os.Open(path) }

// Stat implements fs.StatFS.
func (files) Stat(path string) (fs.FileInfo, error) { return os.Stat(path) }

func examplesOf(paths []string) []tasks.Example {
	examples := make([]tasks.Example, len(paths))
	for i, path := range paths {
		examples[i].Path = path
	}
	return examples
}
