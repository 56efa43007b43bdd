package sam

import "finetune/internal/kernel"

// SGD is stochastic gradient descent with momentum, as torch.optim.SGD with
// dampening 0 computes it, in float32:
//
//	g ← g + WeightDecay·w
//	v ← Momentum·v + g
//	w ← w − learningRate·v, or with Nesterov w − learningRate·(g + Momentum·v)
type SGD struct {
	Momentum    float64 // In [0, 1); 0 keeps no buffer.
	Nesterov    bool    // Without Momentum it changes nothing.
	WeightDecay float64 // Of the weights, per unit of learning rate.

	step         int64
	momentum     buffers
	learningRate float64 // Of the update under way.
}

var _ Base = (*SGD)(nil)

// Begin implements [Base].
func (o *SGD) Begin(params []Param, learningRate float64) {
	o.step++
	o.learningRate = learningRate
	if o.Momentum != 0 {
		o.momentum.match(params)
	}
}

// Update implements [Base].
func (o *SGD) Update(params []Param, i, from, to int) {
	p := &params[i]
	w, grad := p.Value[from:to], p.Grad[from:to]
	if o.sweep(kernel.PlainLoops{}, params, i, w, 1, from, to) {
		return
	}
	rate, decay := float32(p.learningRate(o.learningRate)), float32(p.weightDecay(o.WeightDecay))
	if o.Momentum == 0 {
		descend(w, grad, rate, decay)
	} else {
		descendMomentum(w, grad, o.momentum.tensors[i][from:to], rate, decay, float32(o.Momentum))
	}
}

// sweep implements sweepingBase for Nesterov's momentum.
func (o *SGD) sweep(loops Loops, params []Param, i int, from []float32, scale float32, lo, hi int) bool {
	if o.Momentum == 0 || !o.Nesterov {
		return false
	}
	p := &params[i]
	rate, decay := float32(p.learningRate(o.learningRate)), float32(p.weightDecay(o.WeightDecay))
	loops.DescendNesterov(p.Value[lo:hi], from, o.momentum.tensors[i][lo:hi], p.Grad[lo:hi], scale, rate, decay, float32(o.Momentum))
	return true
}

func descend(w, grad []float32, rate, decay float32) {
	grad = grad[:len(w)]
	for i := range w {
		w[i] -= rate * (grad[i] + decay*w[i])
	}
}

func descendMomentum(w, grad, v []float32, rate, decay, momentum float32) {
	grad, v = grad[:len(w)], v[:len(w)]
	for i := range w {
		vi := momentum*v[i] + (grad[i] + decay*w[i])
		v[i] = vi
		w[i] -= rate * vi
	}
}

// State implements [Stateful] with the tensors momentum/NAME.
func (o *SGD) State() State {
	state := State{Step: o.step}
	o.momentum.save("momentum", &state)
	return state
}

// Restore implements [Stateful].
func (o *SGD) Restore(params []Param, state State) error {
	if o.Momentum == 0 {
		if err := checkCount(state, 0); err != nil {
			return err
		}
		o.step = state.Step
		return nil
	}
	momentum, err := load("momentum", params, state)
	if err != nil {
		return err
	}
	if err := checkCount(state, len(params)); err != nil {
		return err
	}
	o.step, o.momentum = state.Step, momentum
	return nil
}
