package sam

import "fmt"

// An Optimizer makes one training step from the gradients of one batch.
type Optimizer interface {
	// Step calls gradient once for each pass it needs, updates the Params in
	// place and returns what it saw.
	//
	// If Step returns an error, the weights and the optimizer's state are as
	// they were before the call. The error of a gradient is wrapped; a loss or
	// gradient that is not finite is a *[NonFiniteError].
	Step(params []Param, learningRate float64, gradient Gradient) (Stats, error)
	Stateful
}

// A Base turns the gradient in Grad into an update of Value, element by element.
//
// Every call of one Base gets the same Params: equal names, lengths and order.
// Anything else is a bug in the caller and panics. After the first update a
// Base does not allocate.
type Base interface {
	// Begin starts an update at the learning rate given.
	Begin(params []Param, learningRate float64)
	// Update updates the elements [from, to) of params[i]. Between two calls of
	// Begin every element is updated once, in any order and by several
	// goroutines at once.
	Update(params []Param, i, from, to int)
	Stateful
}

// Stateful is what a checkpoint needs from an optimizer.
type Stateful interface {
	// State returns a copy of the state.
	State() State
	// Restore continues from a state that State returned, for the same Params
	// in the same or another process: what follows has the same bytes as
	// without the interruption. If Restore returns an error, nothing changed.
	Restore(params []Param, state State) error
}

// State is an optimizer's memory between steps. It is empty before the first.
type State struct {
	Step    int64                // Updates made.
	Tensors map[string][]float32 // By name of the buffer, "/" and name of the Param, such as "momentum/head.weight".
}

// A NonFiniteError is returned when a loss or a gradient is NaN or infinite.
type NonFiniteError struct {
	Pass     Pass    // Where it was seen.
	Loss     float64 // Of that pass.
	GradNorm float64 // Global 2-norm of that pass's gradient.
}

func (e *NonFiniteError) Error() string {
	return fmt.Sprintf("sam: %v pass: loss is %v and gradient norm is %v: want finite numbers", e.Pass, e.Loss, e.GradNorm)
}

// String returns "clean" or "perturbed".
func (p Pass) String() string {
	switch p {
	case Clean:
		return "clean"
	case Perturbed:
		return "perturbed"
	}
	return fmt.Sprintf("Pass(%d)", int(p))
}

// learningRate returns the rate for p when the step's is base.
func (p *Param) learningRate(base float64) float64 {
	if p.LearningRateScale == 0 {
		return base
	}
	return base * p.LearningRateScale
}

// weightDecay returns the decay for p when the optimizer's is base.
func (p *Param) weightDecay(base float64) float64 {
	if p.NoDecay {
		return 0
	}
	return base
}
