package report

import (
	"cmp"
	"slices"
)

// A classRow is a class in the list of accuracies.
type classRow struct {
	Name     string
	Accuracy float64 // Share in [0, 1].
	Right, N int
	TakenFor string // The most frequent wrong answer, or "".
}

// classRows returns the classes that have images, worst first.
func (c confusion) classRows() []classRow {
	var rows []classRow
	for label, n := range c.totals {
		if n == 0 {
			continue
		}
		right := c.counts[label][label]
		rows = append(rows, classRow{
			Name: c.names[label], Accuracy: float64(right) / float64(n),
			Right: right, N: n, TakenFor: c.takenFor(label),
		})
	}
	slices.SortStableFunc(rows, func(a, b classRow) int {
		return cmp.Or(cmp.Compare(a.Accuracy, b.Accuracy), cmp.Compare(b.N, a.N))
	})
	return rows
}

func (c confusion) takenFor(label int) string {
	most := -1
	for predicted, count := range c.counts[label] {
		if predicted != label && count > 0 && (most < 0 || count > c.counts[label][most]) {
			most = predicted
		}
	}
	if most < 0 {
		return ""
	}
	return c.names[most]
}
