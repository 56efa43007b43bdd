package gokernel

import "finetune/internal/kernel"

// loops implements kernel.Loops.
type loops struct{ isa *isa }

// Loops implements kernel.Backend.
func (b *Backend) Loops() kernel.Loops { return loops{b.isa} }

// SumSquares implements kernel.Loops.
func (l loops) SumSquares(x []float32) float64 { return l.isa.sumSquares(x) }

// Climb implements kernel.Loops.
func (l loops) Climb(saved, w, grad []float32, scale float32) {
	check("Climb", "saved", len(saved), len(w))
	check("Climb", "grad", len(grad), len(w))
	l.isa.climb(saved, w, grad, scale)
}

// DescendAdamW implements kernel.Loops.
func (l loops) DescendAdamW(w, from, m, v, grad []float32, s kernel.AdamW) {
	check("DescendAdamW", "from", len(from), len(w))
	check("DescendAdamW", "m", len(m), len(w))
	check("DescendAdamW", "v", len(v), len(w))
	check("DescendAdamW", "grad", len(grad), len(w))
	l.isa.adamW(w, from, m, v, grad, s)
}

// DescendNesterov implements kernel.Loops.
func (l loops) DescendNesterov(w, from, v, grad []float32, scale, rate, decay, momentum float32) {
	check("DescendNesterov", "from", len(from), len(w))
	check("DescendNesterov", "v", len(v), len(w))
	check("DescendNesterov", "grad", len(grad), len(w))
	l.isa.nesterov(w, from, v, grad, scale, rate, decay, momentum)
}
