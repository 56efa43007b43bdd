package sam

import "math"

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
	p := &params[i]
	rate := p.learningRate(o.learningRate)
	adam(p.Value[from:to], p.Grad[from:to], o.first.tensors[i][from:to], o.second.tensors[i][from:to], adamScales{
		keep:    float32(1 - rate*p.weightDecay(o.WeightDecay)),
		first:   float32(1 - o.Beta1),
		beta2:   float32(o.Beta2),
		second:  float32(1 - o.Beta2),
		correct: float32(1 / math.Sqrt(o.secondCorrection)),
		epsilon: float32(o.Epsilon),
		rate:    float32(rate / o.firstCorrection),
	})
}

// adamScales are the constants of one update of one Param.
type adamScales struct {
	keep    float32 // What weight decay leaves of w.
	first   float32 // 1 − Beta1.
	beta2   float32
	second  float32 // 1 − Beta2.
	correct float32 // 1/√(1 − Beta2ᵗ).
	epsilon float32
	rate    float32 // learningRate/(1 − Beta1ᵗ).
}

func adam(w, grad, m, v []float32, s adamScales) {
	grad, m, v = grad[:len(w)], m[:len(w)], v[:len(w)]
	for i := range w {
		g := grad[i]
		mi := m[i] + s.first*(g-m[i])
		vi := s.beta2*v[i] + s.second*g*g
		m[i], v[i] = mi, vi
		w[i] = s.keep*w[i] - s.rate*mi/(float32(math.Sqrt(float64(vi)))*s.correct+s.epsilon)
	}
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
