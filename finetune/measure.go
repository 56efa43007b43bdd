package finetune

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A measurement is what an evaluation needs besides the model.
type measurement struct {
	name    string // In events, such as "test split".
	classes int
	data    *pictures
	view    view
	bad     *badImages
	observe Observer
}

// measure evaluates the model on all of m.data, with the graph of evaluation.
func (e *engine) measure(ctx context.Context, m measurement) (*Evaluation, error) {
	return measure(ctx, m, m.view.loader(m.data, e.evaluation.batch, nil), e.logits)
}

// measure counts the answers to what a loader loads of m.data.
func measure(ctx context.Context, m measurement, l *loader, logitsOf func(rows []float32) ([]float32, error)) (*Evaluation, error) {
	start := time.Now()
	tally, images := newTally(m.classes), len(m.data.examples)
	skippedBefore := len(m.bad.paths)
	for b := range l.batches(ctx, inOrder(images, l.batch)) {
		if err := m.bad.check(b, m.data.examples); err != nil {
			return nil, err
		}
		logits, err := logitsOf(b.Images)
		if err != nil {
			return nil, err
		}
		for row, sample := range b.Samples {
			if b.Labels[row] == notCounted {
				continue
			}
			path, ofImage := m.data.examples[sample].Path, logits[row*m.classes:][:m.classes]
			if i := slices.IndexFunc(ofImage, notFinite); i >= 0 {
				return nil, fmt.Errorf("%w: %s: the logit of class %d is %v for %s", ErrDiverged, m.name, i, ofImage[i], path)
			}
			tally.add(path, b.Labels[row], ofImage)
		}
		m.observe.tell(Event{
			Kind: KindEvaluating, Message: m.name, Step: b.Samples[len(b.Samples)-1] + 1, Steps: images,
			ImagesPerSecond: float64(tally.n) / time.Since(start).Seconds(),
		})
	}
	if ctx.Err() != nil {
		return nil, ErrInterrupted
	}
	if tally.n == 0 {
		return nil, &DataError{fmt.Errorf("%s: none of its %d images can be decoded", m.name, images)}
	}
	evaluation := tally.evaluation()
	evaluation.Skipped = len(m.bad.paths) - skippedBefore
	evaluation.Seconds = time.Since(start).Seconds()
	evaluation.ImagesPerSecond = float64(images) / evaluation.Seconds
	return evaluation, nil
}

func notFinite(x float32) bool { return x-x != 0 }
