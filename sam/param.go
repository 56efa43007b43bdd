// Package sam implements Sharpness-Aware Minimization and its variants
// (Foret et al., 2021, https://arxiv.org/abs/2010.01412).
//
// A SAM step takes two gradients of the same batch: one at the weights w, and
// one at w + ε, where ε = rho·g/‖g‖₂ points uphill. A [Base] optimizer then
// updates w with the second gradient.
//
// Values are plain float32 slices, so the package knows nothing of graphs.
package sam

// A Param is one trained tensor.
type Param struct {
	Name  string
	Value []float32 // Updated in place.
	Grad  []float32 // Filled by a Gradient; same length as Value.
	// NoDecay keeps weight decay from the tensor.
	NoDecay bool
	// LearningRateScale multiplies the learning rate; zero means 1.
	LearningRateScale float64
}

// A Pass tells a Gradient at which weights it is evaluated.
type Pass int

// The passes of a step.
const (
	Clean     Pass = iota // At w. Running statistics may move.
	Perturbed             // At w + ε. Running statistics stay.
)

// A Gradient fills Grad of every Param of the step at the Params' current
// values and returns the loss there.
type Gradient func(Pass) (loss float64, err error)

// Stats is what a step saw.
type Stats struct {
	Loss          float64 // Mean loss of the batch at the unperturbed weights.
	GradNorm      float64 // Global 2-norm of the clean gradient, before clipping.
	PerturbedLoss float64 // Loss at w + ε; equal to Loss when there was no second pass.
	UpdateNorm    float64 // Global 2-norm of the gradient that the base got, before clipping.
}
