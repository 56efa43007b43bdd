package vm

import (
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"
)

func TestAssignKeepsLivingValuesApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var values []*value
	total := 0
	for range 200 {
		first := rng.IntN(100)
		v := newValue(tensor.Shape{1 + rng.IntN(1000)}, logical)
		v.first, v.last = first, first+rng.IntN(20)
		values = append(values, v)
		total += aligned(v.size())
	}
	size := assign(values)
	for i, a := range values {
		if a.offset%alignment != 0 {
			t.Errorf("value %d lies at %d, want a multiple of %d", i, a.offset, alignment)
		}
		if a.offset+a.size() > size {
			t.Errorf("value %d ends at %d, past the arena's %d", i, a.offset+a.size(), size)
		}
		for j, b := range values[:i] {
			meet := a.first <= b.last && b.first <= a.last
			overlap := a.offset < b.offset+b.size() && b.offset < a.offset+a.size()
			if meet && overlap {
				t.Errorf("values %d and %d live at the same time in the same place", j, i)
			}
		}
	}
	if size >= total/2 {
		t.Errorf("arena of %d floats, want well under the sum of the sizes, %d", size, total)
	}
}
