package importer

import (
	"math"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/op"
)

// TestSwish builds products of x, of z = x + 1, and of sigmoids.
func TestSwish(t *testing.T) {
	sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	for _, c := range []struct {
		nodes string
		fused bool
		value func(x float64) float64
	}{
		{"Sigmoid x s, Mul x s y", true, func(x float64) float64 { return x * sigmoid(x) }},
		{"Sigmoid x s, Mul s x y", true, func(x float64) float64 { return x * sigmoid(x) }},
		{"Add x 1 z, Sigmoid z s, Mul z s y", true, func(x float64) float64 { return (x + 1) * sigmoid(x+1) }},
		{"Add x 1 z, Sigmoid x s, Mul z s y", false, func(x float64) float64 { return (x + 1) * sigmoid(x) }},
		{"Sigmoid x s, Mul s s y", false, func(x float64) float64 { return sigmoid(x) * sigmoid(x) }},
		{"Tanh x s, Mul x s y", false, func(x float64) float64 { return x * math.Tanh(x) }},
	} {
		b := geluBuilder(c.nodes)
		for i := range b.model.nodes {
			if err := b.step(i); err != nil {
				t.Fatalf("%s: %v", c.nodes, err)
			}
		}
		y := b.values["y"].node
		d, isActivate := y.Op().(*op.Op).Def.(*op.Activate)
		if fused := isActivate && d.Activation.Kind == kernel.Swish; fused != c.fused {
			t.Errorf("%s: is one operator: %v, want %v", c.nodes, fused, c.fused)
		}
		checkValues(t, b, c.nodes, c.value)
	}
}
