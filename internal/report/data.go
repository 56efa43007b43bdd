// Package report writes the account of a run as one self-contained HTML page.
//
// [Data] goes in as plain values, an HTML file comes out that loads nothing:
// charts are inline SVG, thumbnails are data: URIs. The package knows nothing
// of training.
package report

import "time"

// Data is everything a report shows. A zero or nil field leaves its part out.
type Data struct {
	Title    string    // Such as "flowers · efficientnet_lite0.google".
	Task     string    // Name of the task.
	Backbone string    // Name of the backbone.
	Method   string    // The optimizer in words, such as "SAM (rho 0.05, from epoch 3) on SGD".
	Finished time.Time // When the run ended.
	Protocol string    // The split in a sentence, as tasks.Dataset has it.
	Partial  string    // What is missing of the official data set, or "".

	Before *Accuracy // Accuracy before training; nil if not measured.
	After  Accuracy  // Accuracy of the exported model.

	TrainSeconds    float64
	ImagesPerSecond float64 // Training throughput.
	DataWaitShare   float64 // Share of TrainSeconds spent waiting for images, in [0, 1].
	Parameters      int     // Number of weights; 0 is not shown.
	ModelBytes      int64   // Size of model.onnx; 0 is not shown.
	ModelSHA256     string

	Steps  []Step  // In order.
	Epochs []Epoch // In order.

	Classes     []string     // Class names by label.
	Predictions []Prediction // One for each evaluated image.

	// Thumbnail returns a small encoded image (PNG, JPEG or GIF) of a
	// prediction's path. It is called for the worst mistakes only; if it is nil
	// or fails, a placeholder stands there.
	Thumbnail func(path string) ([]byte, error)

	Config      [][2]string // Key and value of config.yaml, in its order.
	Environment [][2]string // Key and value of env.json, in its order.
}

// Accuracy is the result of an evaluation. Shares are in [0, 1].
type Accuracy struct {
	N            int // Images.
	Top1         float64
	Top1CI95     [2]float64 // 95 % interval; zero is not shown.
	Top5         float64
	MeanPerClass float64
	Loss         float64
}

// A Step is one update of the weights.
type Step struct {
	Step          int     // Counted from 1 over the whole run.
	Epoch         int     // Counted from 1.
	Loss          float64 // Of the batch at the weights (clean pass).
	PerturbedLoss float64 // Of the batch at the perturbed weights; NaN or 0 if the step was not SAM's.
	GradNorm      float64 // Global 2-norm of the gradient, before clipping.
	LearningRate  float64
}

// An Epoch is one pass over the training set.
type Epoch struct {
	Epoch         int     // Counted from 1.
	LastStep      int     // Step that ended it.
	TrainLoss     float64 // Mean clean loss.
	TrainAccuracy float64 // Share in [0, 1]; NaN or 0 if not measured.
	Evaluated     bool    // Whether the model was evaluated after it.
	Loss          float64 // Of the evaluation.
	Top1          float64 // Of the evaluation, share in [0, 1].
	Seconds       float64
}

// A Prediction is the model's answer for one evaluated image.
type Prediction struct {
	Path             string // As tasks.Example.Path.
	Label            int    // True class.
	Predicted        int    // Most probable class.
	Probability      float64
	LabelProbability float64 // Probability given to the true class.
}
