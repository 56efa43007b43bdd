package tasks

import (
	"fmt"
	"slices"
	"testing"
)

// exampleList has n[label] examples of each label, the labels in turn.
func exampleList(n ...int) []Example {
	var examples []Example
	for i := range slices.Max(n) {
		for label := range n {
			if i < n[label] {
				examples = append(examples, Example{fmt.Sprintf("%d/%d.jpg", label, i), label})
			}
		}
	}
	return examples
}

func counts(examples []Example, classes int) string {
	n := make([]int, classes)
	for _, e := range examples {
		n[e.Label]++
	}
	return fmt.Sprint(n)
}

func TestHoldOut(t *testing.T) {
	all := exampleList(1, 2, 14, 15, 100)
	train, validation := holdOut(all, 0.1)
	wantString(t, "validation", counts(validation, 5), "[0 1 1 2 10]")
	wantString(t, "train", counts(train, 5), "[1 1 13 13 90]")
	for _, part := range [][]Example{train, validation} {
		if !inOrder(part, all) {
			t.Error("the order changed")
		}
	}
	// Another order of the list holds out the same images.
	slices.Reverse(all)
	_, again := holdOut(all, 0.1)
	slices.Reverse(again)
	wantString(t, "validation", paths(again), paths(validation))
}

func inOrder(part, all []Example) bool {
	for _, e := range all {
		if len(part) > 0 && part[0] == e {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func TestLimit(t *testing.T) {
	all := exampleList(5, 1, 20)
	for _, test := range []struct {
		n    int
		want string
	}{{0, "[5 1 20]"}, {1, "[1 0 0]"}, {3, "[1 1 1]"}, {6, "[3 1 2]"}, {11, "[5 1 5]"}, {14, "[5 1 8]"}, {26, "[5 1 20]"}, {99, "[5 1 20]"}} {
		got := Limit(all, test.n)
		wantString(t, fmt.Sprintf("Limit to %d", test.n), counts(got, 3), test.want)
		if !inOrder(got, all) {
			t.Errorf("Limit to %d changed the order", test.n)
		}
		if test.n > 1 && !inOrder(Limit(all, test.n-1), got) {
			t.Errorf("Limit to %d is not in Limit to %d", test.n-1, test.n)
		}
	}
}
