package finetune

import (
	"fmt"
	"math"
	"slices"

	"finetune/importer"
	"finetune/internal/kernel"
	"finetune/internal/vm"
	"finetune/sam"

	G "gorgonia.org/gorgonia"
)

// An engine runs a model: its values live in two stores that the graph of
// training and the graph of evaluation share.
type engine struct {
	model   *importer.Model
	backend kernel.Backend
	size    int // Height and width of the input, pixels.
	// trainSize is that of the input in training; 0 until compileTraining.
	trainSize int

	values, running *vm.Store // Of model.Params and model.Statistics.

	training   *machine    // Nil until compileTraining; of the head alone after cutHead.
	backbone   *machine    // Its outputs have the features; nil until cutHead.
	evaluation *machine    // Nil until compileEvaluation.
	order      []int       // Which logit is each class's, in evaluation; nil if they are in order.
	params     []sam.Param // The trained ones, viewing values.

	labels []int // Of the batch in training.
	right  int   // Rows that the last clean pass got right.
}

// A machine is a planned graph of a fixed batch.
type machine struct {
	*vm.Machine
	graph          *importer.Graph
	images, labels []float32 // Inputs; labels is nil without a loss.
	batch, classes int
}

func newEngine(model *importer.Model, backend kernel.Backend, size int) *engine {
	return &engine{model: model, backend: backend, size: size, values: newStore(model.Params), running: newStore(model.Statistics)}
}

// newStore returns a store that holds the values of tensors.
func newStore(tensors []importer.Tensor) *vm.Store {
	shapes := make([][]int, len(tensors))
	for i, t := range tensors {
		shapes[i] = t.Shape
	}
	s := vm.NewStore(shapes)
	for i, t := range tensors {
		s.Set(i, t.Value)
	}
	return s
}

// trainSize is the height and width of the images in training, pixels, for an
// input of the size given. Smaller ones than in evaluation make up for random
// crops, which show things larger (Touvron et al., 2019,
// https://arxiv.org/abs/1906.06423), and cost less.
func trainSize(c Config, size int) int {
	if c.TrainScale == 1 {
		return size
	}
	const multiple = 32 // Backbones halve the size five times.
	return max(1, int(math.Round(c.TrainScale*float64(size)/multiple))) * multiple
}

// buildTraining builds the graph of training, at the input's own size if the
// backbone takes no other, as transformers with position embeddings do.
func (e *engine) buildTraining(c Config) (*importer.Graph, error) {
	options := importer.BuildOptions{Batch: c.Batch, Mode: importer.TrainFrozen, Loss: true, LabelSmoothing: c.LabelSmoothing}
	if c.BatchNorm == "train" {
		options.Mode = importer.TrainBatch
	}
	build := func(size int) (*importer.Graph, error) {
		e.trainSize, options.Height, options.Width = size, size, size
		return e.model.Build(options)
	}
	graph, err := build(trainSize(c, e.size))
	if err != nil && e.trainSize != e.size {
		if whole, wholeErr := build(e.size); wholeErr == nil {
			graph, err = whole, nil
		}
	}
	if err != nil {
		return nil, &ModelError{err}
	}
	return graph, nil
}

// compileTraining builds, differentiates and plans the graph of training.
func (e *engine) compileTraining(c Config) error {
	chosen, err := trainedParams(e.model, c.Train)
	if err != nil {
		return err
	}
	graph, err := e.buildTraining(c)
	if err != nil {
		return err
	}
	grads, err := gradients(graph, chosen)
	if err != nil {
		return err
	}
	for _, i := range chosen {
		e.params = append(e.params, e.param(i, c))
	}
	outputs := G.Nodes{graph.Logits, graph.Loss}
	if c.Train == "head" && graph.Features != nil {
		outputs = append(outputs, graph.Features)
	}
	e.training, err = e.compile(graph, c.Batch, grads, outputs)
	return err
}

// gradients returns the gradient of the loss for each of the chosen parameters,
// nil for the others.
func gradients(graph *importer.Graph, chosen []int) (G.Nodes, error) {
	var wanted G.Nodes
	for _, i := range chosen {
		wanted = append(wanted, graph.Params[i])
	}
	grads, err := G.Grad(graph.Loss, wanted...)
	if err != nil {
		return nil, fmt.Errorf("differentiate: %w", err)
	}
	all := make(G.Nodes, len(graph.Params))
	for k, i := range chosen {
		all[i] = grads[k]
	}
	return all, nil
}

// param returns the view of tensor i that the optimizer updates.
func (e *engine) param(i int, c Config) sam.Param {
	p := sam.Param{Name: e.model.Params[i].Name, Value: e.values.Value(i), Grad: e.values.Grad(i)}
	if c.HeadLR != 0 && slices.Contains(e.model.HeadParams(), i) {
		p.LearningRateScale = c.HeadLR / c.LearningRate
	}
	return p
}

// compileEvaluation builds and plans the graph of evaluation.
func (e *engine) compileEvaluation(batch int) error {
	graph, err := e.model.Build(importer.BuildOptions{Batch: batch, Height: e.size, Width: e.size, Mode: importer.Evaluate})
	if err != nil {
		return &ModelError{err}
	}
	e.evaluation, err = e.compile(graph, batch, nil, G.Nodes{graph.Logits})
	return err
}

func (e *engine) compile(graph *importer.Graph, batch int, grads, outputs G.Nodes) (*machine, error) {
	if channels := graph.Images.Shape()[1]; channels != 3 && graph.Images != graph.Features {
		return nil, &ModelError{fmt.Errorf("the model reads images of %d channels, want 3", channels)}
	}
	vmachine, err := vm.Compile(graph.G, vm.Config{
		Backend: e.backend,
		Params:  graph.Params, Store: e.values,
		Statistics: graph.Statistics, Running: e.running,
		Grads: grads, Outputs: outputs, Limit: memoryBudget(),
	})
	if err != nil {
		return nil, overBudget(err, batch)
	}
	m := &machine{Machine: vmachine, graph: graph, batch: batch, classes: graph.Logits.Shape()[1], images: vmachine.Input(graph.Images)}
	if graph.Labels != nil {
		m.labels = vmachine.Input(graph.Labels)
	}
	return m, nil
}

// step makes one training step on a batch.
func (e *engine) step(optimizer sam.Optimizer, learningRate float64, b *Batch) (sam.Stats, error) {
	copy(e.training.images, b.Images)
	oneHot(e.training.labels, b.Labels)
	e.labels = b.Labels
	return optimizer.Step(e.params, learningRate, e.gradient)
}

// gradient implements sam.Gradient.
func (e *engine) gradient(pass sam.Pass) (loss float64, err error) {
	e.training.MoveStatistics(pass == sam.Clean)
	if err := e.training.RunAll(); err != nil {
		return 0, err
	}
	if pass == sam.Clean {
		e.right = countRight(e.training.Output(e.training.graph.Logits), e.labels)
	}
	return float64(e.training.Output(e.training.graph.Loss)[0]), nil
}

// countRight returns how many rows that count have their largest logit at the
// label.
func countRight(logits []float32, labels []int) int {
	right := 0
	classes := len(logits) / len(labels)
	for row, label := range labels {
		if label != notCounted && argmax(logits[row*classes:][:classes]) == label {
			right++
		}
	}
	return right
}

// logits runs the graph of evaluation on images, [N, 3, H, W], and returns
// [N, classes], valid until the next call.
func (e *engine) logits(images []float32) ([]float32, error) {
	copy(e.evaluation.images, images)
	if err := e.evaluation.Forward(); err != nil {
		return nil, err
	}
	return reordered(e.evaluation.Output(e.evaluation.graph.Logits), e.order), nil
}

// reordered returns logits, rows of len(order), with class i from column
// order[i].
func reordered(logits []float32, order []int) []float32 {
	if order == nil {
		return logits
	}
	sorted := make([]float32, len(logits))
	for start := 0; start < len(logits); start += len(order) {
		for class, column := range order {
			sorted[start+class] = logits[start+column]
		}
	}
	return sorted
}

// takeValues leaves the values of the model to the stores alone, until
// writeBack: training needs the memory.
func (e *engine) takeValues() {
	for _, tensors := range [][]importer.Tensor{e.model.Params, e.model.Statistics} {
		for i := range tensors {
			tensors[i].Value = nil
		}
	}
}

// writeBack copies the trained values into the model, for export.
func (e *engine) writeBack() {
	copyBack := func(tensors []importer.Tensor, s *vm.Store) {
		for i := range tensors {
			tensors[i].Value = make([]float32, len(s.Value(i)))
			s.Get(i, tensors[i].Value)
		}
	}
	copyBack(e.model.Params, e.values)
	copyBack(e.model.Statistics, e.running)
}
