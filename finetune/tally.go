package finetune

import (
	"math"
	"slices"
)

// A tally counts the answers of a model over a split.
type tally struct {
	classes     int
	n           int
	top1, top5  int
	lossSum     float64
	confusion   [][]int // [label][predicted]
	predictions []Prediction
}

func newTally(classes int) *tally {
	t := &tally{classes: classes, confusion: make([][]int, classes)}
	for i := range t.confusion {
		t.confusion[i] = make([]int, classes)
	}
	return t
}

// add counts the answer for one image: logits has a value for each class.
func (t *tally) add(path string, label int, logits []float32) {
	predicted := argmax(logits)
	normalizer := logSumExp(logits)
	t.n++
	t.lossSum += normalizer - float64(logits[label])
	t.confusion[label][predicted]++
	if predicted == label {
		t.top1++
	}
	if rank(logits, label) < 5 {
		t.top5++
	}
	t.predictions = append(t.predictions, Prediction{
		Path: path, Label: label, Predicted: predicted,
		Probability:      math.Exp(float64(logits[predicted]) - normalizer),
		LabelProbability: math.Exp(float64(logits[label]) - normalizer),
	})
}

// evaluation returns the counts as an Evaluation.
func (t *tally) evaluation() *Evaluation {
	n := max(1, float64(t.n))
	return &Evaluation{
		N:            t.n,
		Top1:         float64(t.top1) / n,
		Top1CI95:     wilson(t.top1, t.n),
		Top5:         float64(t.top5) / n,
		MeanPerClass: meanPerClass(t.confusion),
		Loss:         t.lossSum / n,
		Confusion:    t.confusion,
		Predictions:  t.predictions,
	}
}

// meanPerClass returns the mean of the classes' accuracies, over the classes
// that have images.
func meanPerClass(confusion [][]int) float64 {
	sum, classes := 0.0, 0
	for label, row := range confusion {
		images := 0
		for _, n := range row {
			images += n
		}
		if images > 0 {
			sum += float64(row[label]) / float64(images)
			classes++
		}
	}
	return sum / max(1, float64(classes))
}

// argmax returns the index of the largest value, the first one of equals.
func argmax(values []float32) int {
	return slices.Index(values, slices.Max(values))
}

// rank returns how many classes come before label: those with a larger logit,
// and those before it with an equal one.
func rank(logits []float32, label int) int {
	before := 0
	for i, v := range logits {
		if v > logits[label] || v == logits[label] && i < label {
			before++
		}
	}
	return before
}

// logSumExp returns log Σ exp(values), without overflow.
func logSumExp(values []float32) float64 {
	top := float64(slices.Max(values))
	sum := 0.0
	for _, v := range values {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}

// softmax returns exp(logits)/Σ exp(logits).
func softmax(logits []float32) []float64 {
	normalizer := logSumExp(logits)
	probabilities := make([]float64, len(logits))
	for i, v := range logits {
		probabilities[i] = math.Exp(float64(v) - normalizer)
	}
	return probabilities
}
