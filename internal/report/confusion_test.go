package report

import (
	"slices"
	"testing"
)

// small has classes a to e; a and d are taken for each other, d and b too.
func small() confusion {
	d := Data{Classes: []string{"a", "b", "c", "d", "e"}}
	add := func(label, predicted, times int) {
		for range times {
			d.Predictions = append(d.Predictions, Prediction{Label: label, Predicted: predicted})
		}
	}
	for label := range 4 {
		add(label, label, 5)
	}
	add(0, 3, 1)
	add(3, 0, 3)
	add(3, 1, 2)
	add(9, 0, 4)
	return countConfusion(d)
}

func TestPairs(t *testing.T) {
	want := []pair{{a: 3, b: 0, aAsB: 3, bAsA: 1}, {a: 3, b: 1, aAsB: 2}}
	if got := small().pairs(); !slices.Equal(got, want) {
		t.Errorf("pairs = %v, want %v", got, want)
	}
}

func TestOrder(t *testing.T) {
	if got, want := small().order(), []int{0, 3, 1, 2, 4}; !slices.Equal(got, want) {
		t.Errorf("order = %v, want %v", got, want)
	}
}

// TestOrderIsPermutation checks a case with many joins.
func TestOrderIsPermutation(t *testing.T) {
	got := countConfusion(sample(196, 40, 1, 1)).order()
	slices.Sort(got)
	for i, class := range got {
		if class != i {
			t.Fatalf("sorted order has %d at %d", class, i)
		}
	}
	if len(got) != 196 {
		t.Errorf("%d classes, want 196", len(got))
	}
}

func TestClassRows(t *testing.T) {
	want := []classRow{
		{Name: "d", Accuracy: 0.5, Right: 5, N: 10, TakenFor: "a"},
		{Name: "a", Accuracy: 5.0 / 6, Right: 5, N: 6, TakenFor: "d"},
		{Name: "b", Accuracy: 1, Right: 5, N: 5},
		{Name: "c", Accuracy: 1, Right: 5, N: 5},
	}
	if got := small().classRows(); !slices.Equal(got, want) {
		t.Errorf("classRows = %v, want %v", got, want)
	}
}
