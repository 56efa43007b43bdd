package tasks

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// heldOut is the part of the training images that is for validation where the
// official data set has no validation set.
const heldOut = 0.1

// holdOut moves a part of the examples of every class to validation: the part
// of n examples, rounded, at least one where there are two.
//
// Which ones depends on their paths alone. Both results keep the order.
func holdOut(examples []Example, part float64) (train, validation []Example) {
	chosen := map[int]bool{}
	for _, class := range byClass(examples) {
		n := int(part*float64(len(class)) + 0.5)
		if n == 0 && len(class) > 1 {
			n = 1
		}
		for _, i := range class[:n] {
			chosen[i] = true
		}
	}
	for i, e := range examples {
		if chosen[i] {
			validation = append(validation, e)
		} else {
			train = append(train, e)
		}
	}
	return train, validation
}

// Limit returns n of the examples, or all of them where n is 0 or there are
// fewer. The classes get equal parts as far as they have images, the result
// keeps the order, and Limit(examples, n) holds Limit(examples, m) for m < n.
func Limit(examples []Example, n int) []Example {
	if n <= 0 || n >= len(examples) {
		return examples
	}
	classes := byClass(examples)
	var chosen []int
	for round := 0; len(chosen) < n; round++ {
		for _, class := range classes {
			if round < len(class) && len(chosen) < n {
				chosen = append(chosen, class[round])
			}
		}
	}
	slices.Sort(chosen)
	limited := make([]Example, n)
	for i, j := range chosen {
		limited[i] = examples[j]
	}
	return limited
}

// byClass returns the indexes of the examples of each class in an order that
// looks random and depends on the paths alone. Classes come by label; one
// without examples is left out.
func byClass(examples []Example) [][]int {
	hashes := make([][sha256.Size]byte, len(examples))
	order := make([]int, len(examples))
	for i, e := range examples {
		hashes[i] = sha256.Sum256([]byte(e.Path))
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		if a, b := examples[i].Label, examples[j].Label; a != b {
			return a - b
		}
		return bytes.Compare(hashes[i][:], hashes[j][:])
	})
	var classes [][]int
	for start := 0; start < len(order); {
		end := start
		for end < len(order) && examples[order[end]].Label == examples[order[start]].Label {
			end++
		}
		classes = append(classes, order[start:end])
		start = end
	}
	return classes
}
