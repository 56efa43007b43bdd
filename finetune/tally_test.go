package finetune

import (
	"fmt"
	"math"
	"testing"
)

// Six classes, four images; class 2 has two of them, one of which is wrong.
func TestTallyByHand(t *testing.T) {
	tally := newTally(6)
	tally.add("a", 0, []float32{2, 1, 0, 0, 0, 0})
	tally.add("b", 2, []float32{0, 0, 3, 0, 0, 0})
	tally.add("c", 2, []float32{5, 0, 1, 0, 0, 0})
	tally.add("d", 5, []float32{6, 5, 4, 3, 2, 1}) // Rank 5: not among the top 5.
	got := tally.evaluation()

	if got.N != 4 || got.Top1 != 0.5 || got.Top5 != 0.75 {
		t.Errorf("n %d, top-1 %v, top-5 %v; want 4, 0.5, 0.75", got.N, got.Top1, got.Top5)
	}
	if want := (1 + 0.5 + 0) / 3; math.Abs(got.MeanPerClass-want) > 1e-15 {
		t.Errorf("mean per class %v, want %v", got.MeanPerClass, want)
	}
	e := math.Exp
	want := (math.Log(e(2)+e(1)+4) - 2 + math.Log(e(3)+5) - 3 + math.Log(e(5)+e(1)+4) - 1 +
		math.Log(e(6)+e(5)+e(4)+e(3)+e(2)+e(1)) - 1) / 4
	if math.Abs(got.Loss-want) > 1e-12 {
		t.Errorf("loss %v, want %v", got.Loss, want)
	}
	if got.Confusion[2][0] != 1 || got.Confusion[2][2] != 1 || got.Confusion[5][0] != 1 {
		t.Errorf("confusion %v", got.Confusion)
	}
	p := got.Predictions[2]
	if want := e(5) / (e(5) + e(1) + 4); p.Predicted != 0 || math.Abs(p.Probability-want) > 1e-12 {
		t.Errorf("prediction %+v, want class 0 with %v", p, want)
	}
}

func TestTallySurvivesLargeLogits(t *testing.T) {
	tally := newTally(2)
	tally.add("a", 1, []float32{1e30, -1e30})
	if got := tally.evaluation().Loss; math.IsNaN(got) || math.IsInf(got, 0) {
		t.Errorf("loss = %v", got)
	}
}

func TestRankOfEquals(t *testing.T) {
	for label, want := range []int{0, 1, 2} {
		if got := rank([]float32{1, 1, 1}, label); got != want {
			t.Errorf("rank of %d among equals = %d, want %d", label, got, want)
		}
	}
}

func TestSoftmaxSumsToOne(t *testing.T) {
	sum := 0.0
	for _, p := range softmax([]float32{1, 2, 3, 400}) {
		sum += p
	}
	if math.Abs(sum-1) > 1e-12 {
		t.Errorf("sum %v", sum)
	}
}

func ExampleEvaluation() {
	tally := newTally(3)
	tally.add("cat.jpg", 0, []float32{2, 1, 0})
	tally.add("dog.jpg", 1, []float32{2, 1, 0})
	e := tally.evaluation()
	fmt.Printf("top-1 %.2f of %d, 95 %% in [%.2f, %.2f]\n", e.Top1, e.N, e.Top1CI95[0], e.Top1CI95[1])
	// Output: top-1 0.50 of 2, 95 % in [0.09, 0.91]
}
