package finetune

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"finetune/tasks"
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
	Backbone string
	// What Config has of the same names; it holds over what the file states.
	Mean, Std     string
	CropPct       float64
	Interpolation string

	InputSize  int    // Pixels; 0 means what the model states.
	OnBadImage string // skip or fail; "" is fail.
	Threads    int    // Workers of the kernels; 0 means all cores.
	Kernels    string // One of KernelNames; "" is auto.
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

// Evaluate measures a classifier on a task. model is the path of an ONNX file, or
// a name in package weights.
//
// The preprocessing is that which c states, then that which the file states, else that of
// its row in package weights. Where the file states class names they are matched with the
// data set's by name; else their number has to be the same.
func Evaluate(ctx context.Context, model string, c EvaluateConfig, observe Observer) (*Evaluation, error) {
	said := Config{
		Backbone: model, Mean: c.Mean, Std: c.Std, CropPct: c.CropPct, Interpolation: c.Interpolation, InputSize: c.InputSize,
	}
	if err := said.checkPreprocessing(); err != nil {
		return nil, err
	}
	data, err := openTask(ctx, c.Task, c.Data, observe)
	if err != nil {
		return nil, err
	}
	b, err := openBackbone(ctx, said, c.Backbone, observe)
	if err != nil {
		return nil, err
	}
	order, err := classOrder(b, data.Classes)
	if err != nil {
		return nil, err
	}
	b.noteFit(data, order, b.inputSize(c.InputSize), observe)
	m, err := c.measurement(data, b, observe)
	if err != nil {
		return nil, err
	}
	kernels, err := openKernels(c.Kernels, c.Threads)
	if err != nil {
		return nil, err
	}
	e := newEngine(b.model, kernels, b.inputSize(c.InputSize))
	defer e.backend.Close()
	if err := e.compileEvaluation(cmp.Or(c.Batch, 32)); err != nil {
		return nil, err
	}
	e.order = order
	defer collectSooner()()
	evaluation, err := e.measure(ctx, m)
	if err != nil {
		return nil, err
	}
	evaluation.describe(data, cmp.Or(c.Split, "test"))
	observe.tell(Event{Kind: KindEvaluation, Message: m.name, Loss: evaluation.Loss, Accuracy: evaluation.Top1,
		ImagesPerSecond: evaluation.ImagesPerSecond, Evaluation: evaluation})
	return evaluation, nil
}

// describe adds of what data set e is.
func (e *Evaluation) describe(data *tasks.Dataset, split string) {
	e.Task, e.Split, e.Classes, e.Protocol, e.Partial = data.Task, split, data.Classes, protocol(data, split), data.Partial
}

// protocol says in a sentence what a measurement on a split is worth.
func protocol(data *tasks.Dataset, split string) string {
	if split == "test" {
		return data.Protocol
	}
	return fmt.Sprintf("measured on the %s split, to choose settings; the official protocol is: %s", split, data.Protocol)
}

// measurement returns what Evaluate measures on.
func (c EvaluateConfig) measurement(data *tasks.Dataset, b *backbone, observe Observer) (measurement, error) {
	split := cmp.Or(c.Split, "test")
	examples, ok := map[string][]tasks.Example{"test": data.Test, "validation": data.Validation, "train": data.Train}[split]
	if !ok {
		return measurement{}, &ConfigError{"split", c.Split, "test, validation or train"}
	}
	if len(examples) == 0 {
		return measurement{}, &DataError{fmt.Errorf("%s: no images in the %s split", c.Task, split)}
	}
	view, err := evaluationView(b.preprocessing, b.inputSize(c.InputSize))
	return measurement{
		name: split + " split", classes: len(data.Classes),
		data: newPictures(data.FS, tasks.Limit(examples, c.Limit), view.pipeline.Enough(), 0), view: view,
		bad: &badImages{policy: cmp.Or(c.OnBadImage, "fail"), observe: observe}, observe: observe,
	}, err
}

// classOrder returns for each class of a data set which logit of b is its; nil
// if the order is the same.
func classOrder(b *backbone, classes []string) ([]int, error) {
	if got, want := b.model.Classes(), len(classes); got != want {
		return nil, &ModelError{fmt.Errorf("%s has %d classes, the data set %d", b.name, got, want)}
	}
	names, err := b.classes()
	if err != nil || names == nil || slices.Equal(names, classes) {
		return nil, err
	}
	order := make([]int, len(classes))
	var missing []string
	for i, class := range classes {
		if order[i] = slices.Index(names, class); order[i] < 0 {
			missing = append(missing, class)
		}
	}
	if len(missing) > 0 {
		return nil, &ModelError{fmt.Errorf("%s does not know %d of the data set's %d classes, such as %q (its first one is %q)",
			b.name, len(missing), len(classes), missing[0], names[0])}
	}
	return order, nil
}
