package vm

import (
	"strings"
	"testing"

	"gorgonia.org/tensor"
)

// TestPeak counts the values of a chain with a branch: x (8 bytes) to a (40) to
// b (400), then a and b to c (4).
func TestPeak(t *testing.T) {
	v := func(n int) *value { return newValue(tensor.Shape{n}, logical) }
	x := fixedValue(tensor.Shape{2}, logical, make([]float32, 2))
	a, b, c := v(10), v(100), v(1)
	steps := []step{
		{name: "a", writes: []*value{a}, reads: []*value{x}},
		{name: "b", writes: []*value{b}, reads: []*value{a}},
		{name: "c", writes: []*value{c}, reads: []*value{a, b}},
	}
	if most, largest := peak(steps, []*value{c}); most != 4*111 || largest != 1 {
		t.Errorf("peak = %d bytes at step %d, want 444 at 1", most, largest)
	}
	if most, _ := peak(steps[:2], []*value{b}); most != 4*110 {
		t.Errorf("peak without c = %d bytes, want 440", most)
	}
	for limit, want := range map[int64]string{0: "", 444: "", 443: "step 1, b , 100, with 0.0 MiB"} {
		err := Config{Limit: limit}.checkSteps(steps, []*value{c})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("limit %d: err = %v, want %q", limit, err, want)
		}
	}
}
