package finetune

import (
	"context"

	G "gorgonia.org/gorgonia"
)

// featureBytes is the memory that features may take: those of 65,000 images of
// EfficientNet-Lite0.
const featureBytes = cacheBytes

// Features are what the classifier of a model reads of each image of a split.
// Where no image is ever shown otherwise and nothing before the classifier is
// trained, they stay the same, and the backbone runs once for each image
// instead of once or twice a step.
type features struct {
	size   int       // Values of an image.
	values []float32 // [images, size], row-major in the features' logical shape.
	labels []int     // [images].
	errs   []error   // [images], why an image could not be decoded.
}

// loader returns a loader of batches of features in place of images.
func (f *features) loader(batch int) *loader {
	return &loader{
		batch: batch, imageSize: f.size, workers: 1, ahead: 2,
		prepare: func(row []float32, _, sample int) (int, error) {
			copy(row, f.values[sample*f.size:])
			return f.labels[sample], f.errs[sample]
		},
	}
}

// trainsOnFeatures reports whether the features of n images that v shows stay
// the same in a run, and fit into memory.
func (e *engine) trainsOnFeatures(c Config, v view, n int) bool {
	if c.Train != "head" || e.training.graph.Features == nil || !v.pipeline.Fixed() || c.BatchNorm == "train" && len(e.model.Statistics) > 0 {
		return false
	}
	return e.keepsFeatures(n)
}

// keepsFeatures reports whether the features of n images fit into memory.
func (e *engine) keepsFeatures(n int) bool { return n*4*e.featureSize() <= featureBytes }

func (e *engine) featureSize() int {
	return e.training.graph.Features.Shape().TotalSize() / e.training.batch
}

// cutHead plans the loss on features as the graph of training; what was that
// gives the features.
func (e *engine) cutHead(c Config) error {
	head, err := e.training.graph.HeadPart()
	if err != nil {
		return err
	}
	grads, err := gradients(head, e.model.HeadParams())
	if err != nil {
		return err
	}
	e.backbone = e.training
	e.training, err = e.compile(head, c.Batch, grads, G.Nodes{head.Logits, head.Loss})
	return err
}

// headLogits runs the classifier on features, [N, F], and returns [N, classes],
// valid until the next call.
func (e *engine) headLogits(features []float32) ([]float32, error) {
	copy(e.training.images, features)
	if err := e.training.Forward(); err != nil {
		return nil, err
	}
	return e.training.Output(e.training.graph.Logits), nil
}

// readFeatures runs the backbone on every image of data, as a loader loads
// them. When ctx is canceled the rest is missing.
func (e *engine) readFeatures(ctx context.Context, data *pictures, images *loader, observe Observer) (*features, error) {
	n := len(data.examples)
	f := &features{size: e.featureSize(), labels: make([]int, n), errs: make([]error, n)}
	f.values = make([]float32, n*f.size)
	for b := range images.batches(ctx, inOrder(n, e.backbone.batch)) {
		copy(e.backbone.images, b.Images)
		if err := e.backbone.Forward(); err != nil {
			return nil, err
		}
		values := e.backbone.Output(e.backbone.graph.Features)
		for row, sample := range b.Samples {
			copy(f.values[sample*f.size:][:f.size], values[row*f.size:])
			f.labels[sample], f.errs[sample] = b.Labels[row], b.errs[row]
		}
		observe.tell(Event{Kind: KindEvaluating, Message: "features", Step: b.Samples[len(b.Samples)-1] + 1, Steps: n})
	}
	return f, nil
}
