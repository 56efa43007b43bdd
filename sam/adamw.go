package sam

import (
	"math"

	"finetune/internal/kernel"
)

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter, 2019,
// https://arxiv.org/abs/1711.05101), as torch.optim.AdamW computes it, in
// float32. With t the number of the update:
//
//	w ← (1 − learningRate·WeightDecay)·w
//	m ← Beta1·m + (1 − Beta1)·g
//	v ← Beta2·v + (1 − Beta2)·g²
//	w ← w − learningRate·m/(1 − Beta1ᵗ) / (√(v/(1 − Beta2ᵗ)) + Epsilon)
type AdamW struct {
	Beta1, Beta2 float64 // In [0, 1).
	Epsilon      float64 // Keeps the division finite.
	WeightDecay  float64 // Of the weights, per unit of learning rate.

	step          int64
	first, second buffers

	learningRate                      float64 // Of the update under way.
	firstCorrection, secondCorrection float64 // 1 − Beta1ᵗ and 1 − Beta2ᵗ.
}

var _ Base = (*AdamW)(nil)

// NewAdamW returns an AdamW with the paper's constants: Beta1 0.9, Beta2 0.999
// and Epsilon 1e-8.
func NewAdamW(weightDecay float64) *AdamW {
	return &AdamW{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: weightDecay}
}

// Begin implements [Base].
func (o *AdamW) Begin(params []Param, learningRate float64) {
	o.step++
	o.first.match(params)
	o.second.match(params)
	t := float64(o.step)
	o.learningRate = learningRate
	o.firstCorrection, o.secondCorrection = 1-math.Pow(o.Beta1, t), 1-math.Pow(o.Beta2, t)
}

// Update implements [Base].
func (o *AdamW) Update(params []Param, i, from, to int) {
	o.sweep(kernel.PlainLoops{}, params, i, params[i].Value[from:to], 1, from, to)
}

// sweep implements sweepingBase.
func (o *AdamW) sweep(loops Loops, params []Param, i int, from []float32, scale float32, lo, hi int) bool {
	p := &params[i]
	rate := p.learningRate(o.learningRate)
	loops.DescendAdamW(p.Value[lo:hi], from, o.first.tensors[i][lo:hi], o.second.tensors[i][lo:hi], p.Grad[lo:hi], kernel.AdamW{
		Scale:   scale,
		Keep:    float32(1 - rate*p.weightDecay(o.WeightDecay)),
		First:   float32(1 - o.Beta1),
		Beta2:   float32(o.Beta2),
		Second:  float32(1 - o.Beta2),
		Correct: float32(1 / math.Sqrt(o.secondCorrection)),
		Epsilon: float32(o.Epsilon),
		Rate:    float32(rate / o.firstCorrection),
	})
	return true
}

// State implements [Stateful] with the tensors first_moment/NAME and
// second_moment/NAME.
func (o *AdamW) State() State {
	state := State{Step: o.step}
	o.first.save("first_moment", &state)
	o.second.save("second_moment", &state)
	return state
}

// Restore implements [Stateful].
func (o *AdamW) Restore(params []Param, state State) error {
	first, err := load("first_moment", params, state)
	if err != nil {
		return err
	}
	second, err := load("second_moment", params, state)
	if err != nil {
		return err
	}
	if err := checkCount(state, 2*len(params)); err != nil {
		return err
	}
	o.step, o.first, o.second = state.Step, first, second
	return nil
}
