package finetune

import (
	"cmp"
	"fmt"
	"math"

	"finetune/importer"
	"finetune/internal/vm"
	"finetune/tasks"

	G "gorgonia.org/gorgonia"
)

// calibrationImages is how many training images int8 ranges are taken from, if
// the caller does not say.
const calibrationImages = 256

// calibrate runs the model on training images and returns the range of each
// tensor that int8 wants, and says what they were taken from. Images are seen as
// in evaluation.
func (x *exporter) calibrate() (importer.Ranges, string, error) {
	if x.data == nil {
		return nil, "", &DataError{fmt.Errorf("export: int8 takes ranges from training images, and there is no data set (--data DIR)")}
	}
	folded, err := importer.Convert(x.plain, importer.Form{FoldBatchNorm: true})
	if err != nil {
		return nil, "", &ModelError{fmt.Errorf("export: %w", err)}
	}
	model, err := importer.Load(folded)
	if err != nil {
		return nil, "", &ModelError{fmt.Errorf("export: %w", err)}
	}
	train, _, _ := splits(x.config, x.data)
	examples := tasks.Limit(train, cmp.Or(x.Calibrate, calibrationImages))
	const batch = 4
	m, err := newEngine(model, x.trained.backend, x.trained.size).observing(model.QuantizedTensors(), batch)
	if err != nil {
		return nil, "", err
	}
	ranges := importer.Ranges{}
	view := x.mustView()
	data := newPictures(x.data.FS, examples, view.pipeline.Enough(), 0)
	bad := &badImages{policy: cmp.Or(x.config.OnBadImage, "fail"), observe: x.observe}
	for group := range view.loader(data, batch, nil).batches(x.ctx, inOrder(len(examples), batch)) {
		if err := bad.check(group, examples); err != nil {
			return nil, "", err
		}
		copy(m.images, group.Images)
		if err := m.Forward(); err != nil {
			return nil, "", err
		}
		m.widen(ranges)
	}
	if x.ctx.Err() != nil {
		return nil, "", ErrInterrupted
	}
	return ranges, fmt.Sprintf("the least and the largest values on %d training images", len(examples)-len(bad.paths)), nil
}

// An observer is a planned graph whose inner tensors can be read.
type observer struct {
	*machine
	names []string
	nodes G.Nodes
}

// observing plans a graph of evaluation that keeps the named tensors.
func (e *engine) observing(names []string, batch int) (*observer, error) {
	graph, err := e.model.Build(importer.BuildOptions{Batch: batch, Height: e.size, Width: e.size, Mode: importer.Evaluate, Tensors: names})
	if err != nil {
		return nil, &ModelError{err}
	}
	nodes := graph.Tensors
	outputs := G.Nodes{graph.Logits}
	for _, n := range nodes {
		if n != graph.Images {
			outputs = append(outputs, n)
		}
	}
	planned, err := vm.Compile(graph.G, vm.Config{
		Backend: e.backend, Params: graph.Params, Store: e.values, Statistics: graph.Statistics, Running: e.running, Outputs: outputs, Limit: memoryBudget(),
	})
	if err != nil {
		return nil, overBudget(err, batch)
	}
	m := &machine{Machine: planned, graph: graph, batch: batch, images: planned.Input(graph.Images)}
	return &observer{m, names, nodes}, nil
}

// widen makes ranges hold the values of the last run.
func (o *observer) widen(ranges importer.Ranges) {
	for i, n := range o.nodes {
		values := o.images
		if n != o.graph.Images {
			values = o.Output(n)
		}
		r, known := ranges[o.names[i]]
		if !known {
			r = [2]float32{float32(math.Inf(1)), float32(math.Inf(-1))}
		}
		for _, v := range values {
			r[0], r[1] = min(r[0], v), max(r[1], v)
		}
		ranges[o.names[i]] = r
	}
}
