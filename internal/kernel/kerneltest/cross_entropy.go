package kerneltest

import (
	"fmt"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

func testSoftmaxCrossEntropy(t *testing.T, b kernel.Backend) {
	for _, rows := range sizes {
		for _, classes := range []int{1, 2, 7, 102} {
			for _, smoothing := range []float32{0, 0.1} {
				for _, valid := range []int{0, (rows + 1) / 2, rows} {
					testCrossEntropySize(t, b, rows, classes, valid, smoothing)
				}
			}
		}
	}
}

// testCrossEntropySize has large logits, which a softmax must not overflow on,
// and rows of mixed labels.
func testCrossEntropySize(t *testing.T, b kernel.Backend, rows, classes, valid int, smoothing float32) {
	name := fmt.Sprintf("SoftmaxCrossEntropy(%d,%d,%v) with %d valid", rows, classes, smoothing, valid)
	s := newSource()
	logits, labels, dlogits := s.normal(rows*classes), make([]float32, rows*classes), guarded(rows*classes)
	for i := range logits {
		logits[i] = 40*logits[i] + 100
	}
	for r := range valid {
		labels[r*classes+r%classes] += 0.75
		labels[r*classes+(r+1)%classes] += 0.25
	}
	loss := b.SoftmaxCrossEntropy(dlogits, logits, labels, rows, classes, smoothing)
	want := make([]float64, rows*classes)
	wantLoss := naive.SoftmaxCrossEntropy(want, widen(logits), widen(labels), rows, classes, float64(smoothing))
	compare(t, name, dlogits, want, ones(rows*classes), exponents)
	compare(t, name+" loss", []float32{loss}, []float64{wantLoss}, []float64{max(1, wantLoss)}, exponents)
	if again := b.SoftmaxCrossEntropy(nil, logits, labels, rows, classes, smoothing); again != loss {
		t.Errorf("%s: loss without gradient = %v, want %v", name, again, loss)
	}
}
