package finetune

import (
	"image"
	"math/rand/v2"
	"runtime"

	"finetune/augment"
	"finetune/weights"
)

// A view makes the input of a model of a picture.
type view struct {
	pipeline      augment.Pipeline
	normalization augment.Normalization
	size          int // Height and width, pixels.
}

// evaluationView returns the view that a model with preprocessing p wants, at
// an input size.
func evaluationView(p weights.Preprocessing, size int) (view, error) {
	interpolation, err := augment.ParseInterpolation(p.Interpolation)
	if err != nil {
		return view{}, &ModelError{err}
	}
	return view{augment.Evaluation(size, p.Crop, interpolation), normalization(p), size}, nil
}

// trainingView returns the view of training by a spec of package augment.
func trainingView(spec string, p weights.Preprocessing, size int) (view, error) {
	interpolation, err := augment.ParseInterpolation(p.Interpolation)
	if err != nil {
		return view{}, &ModelError{err}
	}
	pipeline, err := augment.Training(spec, size, p.Crop, interpolation)
	if err != nil {
		return view{}, &ConfigError{"augment", spec, "pictures of the size that is trained at: " + err.Error()}
	}
	return view{pipeline, normalization(p), size}, nil
}

func normalization(p weights.Preprocessing) augment.Normalization {
	n := augment.Normalization{BGR: p.Channels == "BGR"} // Graphs read NCHW whatever the file does.
	for c := range n.Mean {
		n.Mean[c], n.Std[c] = float32(p.Mean[c]), float32(p.Std[c])
	}
	return n
}

// loader returns a loader of batches of data as v shows them. random gives the
// generator for a sample at a step of the plan; nil is for a view without
// randomness.
func (v view) loader(data *pictures, batch int, random func(step, sample int) *rand.Rand) *loader {
	return &loader{
		batch: batch, imageSize: 3 * v.size * v.size, workers: loaderWorkers(), ahead: 2,
		prepare: func(row []float32, step, sample int) (int, error) {
			var rng *rand.Rand
			if random != nil {
				rng = random(step, sample)
			}
			err := data.show(sample, func(m *image.NRGBA) { augment.ToTensor(row, v.pipeline.Apply(m, rng), v.normalization) })
			return data.examples[sample].Label, err
		},
	}
}

// loaderWorkers returns how many goroutines prepare images. The kernels use
// every core as well, but share their chunks out among those that are free: an
// image costs a step no more than the processor time it takes, and while a step
// has to wait, all cores prepare images.
func loaderWorkers() int { return runtime.GOMAXPROCS(0) }
