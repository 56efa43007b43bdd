package op_test

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/op"
)

// TestQuantize checks points of a grid by hand: halves go to even, what is
// beyond the integers to the last one.
func TestQuantize(t *testing.T) {
	d := &op.Quantize{Scale: 0.5, Zero: 3, Least: 0, Most: 7}
	x := []float32{0, 0.2, 0.25, 0.75, -0.3, -1.5, -100, 2, 2.3, 100, float32(math.Inf(-1))}
	want := "[0 0 0 1 -0.5 -1.5 -1.5 2 2 2 -1.5]"
	y := make([]float32, len(x))
	d.Apply(y, x)
	if fmt.Sprint(y) != want {
		t.Errorf("Apply(%v) = %v, want %s", x, y, want)
	}
	wide, in := make([]float64, len(x)), make([]float64, len(x))
	for i := range x {
		in[i] = float64(x[i])
	}
	shape := []int{len(x)}
	d.Forward(op.Array{Shape: shape, Data: wide}, []op.Array{{Shape: shape, Data: in}})
	if fmt.Sprint(wide) != want {
		t.Errorf("Forward(%v) = %v, want %s", in, wide, want)
	}
	if _, err := (&op.Quantize{}).Infer(nil); err == nil {
		t.Error("Infer of no input: no error")
	}
}
