package finetune

import (
	"context"
	"errors"
)

// An EvaluateConfig says on what a model is evaluated.
type EvaluateConfig struct {
	Task  string // Name of the task.
	Data  string // Folder of the data set; "" as in Config.
	Split string // test (the default, ""), validation or train.
	Limit int    // At most so many images; 0 means all.
	Batch int    // Images at a time; 0 means 32.

	// Backbone names the row of package weights whose preprocessing is used
	// when the file itself states none; "" looks for the file's hash.
	Backbone   string
	InputSize  int    // Pixels; 0 means what the model states.
	OnBadImage string // skip or fail; "" is fail.
	Threads    int    // Workers of the kernels; 0 means all cores.
}

// A Prediction is the model's answer for one image of a data set.
type Prediction struct {
	Path             string // In the data set.
	Label            int
	Predicted        int
	Probability      float64 // Of Predicted, in [0, 1].
	LabelProbability float64 // Of Label, in [0, 1].
}

// An Evaluation is the measured transfer accuracy of a model on a split.
type Evaluation struct {
	Task     string
	Split    string // test, validation or train.
	Protocol string // The task's split, in a sentence.
	Partial  string // What is missing of the official data set, or "".
	Classes  []string

	N       int // Images that count.
	Skipped int // Images that could not be decoded and do not count.

	Top1         float64    // Share in [0, 1].
	Top1CI95     [2]float64 // Wilson score interval of Top1.
	Top5         float64
	MeanPerClass float64 // Mean of the classes' accuracies, over classes with images.
	Loss         float64 // Mean cross-entropy, without smoothing.

	Confusion   [][]int // [label][predicted], images.
	Predictions []Prediction

	Seconds         float64
	ImagesPerSecond float64
}

// Evaluate measures a classifier in an ONNX file on a task.
func Evaluate(ctx context.Context, model string, c EvaluateConfig, observe Observer) (*Evaluation, error) {
	return nil, errors.New("finetune: not built yet")
}
