package finetune

import (
	"slices"
	"testing"
)

func TestEpochOrderIsKeyed(t *testing.T) {
	const n = 50
	a := epochOrder(1, 1, n)
	if !slices.Equal(a, epochOrder(1, 1, n)) {
		t.Error("the same seed and epoch gave two orders")
	}
	if slices.Equal(a, epochOrder(1, 2, n)) || slices.Equal(a, epochOrder(2, 1, n)) {
		t.Error("another epoch or seed gave the same order")
	}
	sorted := slices.Sorted(slices.Values(a))
	for i, v := range sorted {
		if i != v {
			t.Fatalf("order is no permutation: sorted[%d] = %d", i, v)
		}
	}
}

func TestSampleRandIsKeyed(t *testing.T) {
	first := sampleRand(1, 2, 3).Uint64()
	if sampleRand(1, 2, 3).Uint64() != first {
		t.Error("the same keys drew two values")
	}
	for _, other := range [][3]int{{2, 2, 3}, {1, 3, 3}, {1, 2, 4}, {1, 3, 2}} {
		if sampleRand(uint64(other[0]), other[1], other[2]).Uint64() == first {
			t.Errorf("keys %v drew what keys 1, 2, 3 drew", other)
		}
	}
}
