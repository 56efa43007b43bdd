package sam

import (
	"fmt"
	"math"
)

// epsilon keeps the perturbation finite when the gradient vanishes. It has the
// value used by github.com/davda54/sam.
const epsilon = 1e-12

// clipEpsilon is the constant of torch.nn.utils.clip_grad_norm_.
const clipEpsilon = 1e-6

// SAM is Algorithm 1 of Foret et al. (2021): the base optimizer gets the
// gradient at w + ε in place of the one at w.
//
// Weight decay belongs to the base, as in github.com/davda54/sam: it takes no
// part in ε. (The paper's own code has it in the loss.)
//
// Rho and ClipNorm may change between steps. With Rho == 0 a step is the base
// optimizer's, with one pass: that is how SAM begins at a later epoch.
type SAM struct {
	Base     Base
	Rho      float64 // 2-norm of ε over all Params.
	ClipNorm float64 // Largest global 2-norm of the gradient that Base gets; 0 is no limit.
	// Perturbation is that of SAM if nil. Variants of SAM differ in it alone.
	Perturbation Perturbation
	// Parallel spreads the loops over elements; they run one after another if
	// it is nil. It does not change a bit of the result.
	Parallel Parallel
	// Loops are those over elements; plain Go if it is nil. Others may round
	// differently.
	Loops Loops

	saved []float32 // The weights during the perturbed pass, one Param after another.
	sweep sweep
}

var _ Optimizer = (*SAM)(nil)

// A Perturbation adds ε to the Params' values. Grad holds the gradient at them
// and gradNorm its global 2-norm.
type Perturbation func(params []Param, gradNorm, rho float64)

// Step implements [Optimizer]. After the first step with Rho != 0 it does not
// allocate, if gradient and Parallel do not.
//
// Step panics if a Param's Value and Grad differ in length.
func (s *SAM) Step(params []Param, learningRate float64, gradient Gradient) (Stats, error) {
	checkLengths(params)
	s.sweep.cut(params, s.Parallel, s.Loops)
	loss, gradNorm, err := s.pass(Clean, gradient)
	if err != nil {
		return Stats{}, err
	}
	stats := Stats{Loss: loss, GradNorm: gradNorm, PerturbedLoss: loss, UpdateNorm: gradNorm}
	if s.Rho != 0 {
		s.climb(params, gradNorm)
		stats.PerturbedLoss, stats.UpdateNorm, err = s.pass(Perturbed, gradient)
		if err != nil {
			s.sweep.restore(s.saved)
			return Stats{}, err
		}
	}
	s.Base.Begin(params, learningRate)
	s.sweep.update(s.Base, s.restoring(), clipScale(stats.UpdateNorm, s.ClipNorm))
	return stats, nil
}

// State returns the state of the base; SAM itself keeps nothing between steps.
func (s *SAM) State() State { return s.Base.State() }

// Restore restores the base.
func (s *SAM) Restore(params []Param, state State) error { return s.Base.Restore(params, state) }

// pass evaluates gradient and returns the loss and the gradient's norm.
func (s *SAM) pass(p Pass, gradient Gradient) (loss, gradNorm float64, err error) {
	loss, err = gradient(p)
	if err != nil {
		return 0, 0, fmt.Errorf("sam: %v pass: %w", p, err)
	}
	gradNorm = s.sweep.norm()
	if !isFinite(loss) || !isFinite(gradNorm) {
		return 0, 0, &NonFiniteError{Pass: p, Loss: loss, GradNorm: gradNorm}
	}
	return loss, gradNorm, nil
}

// climb saves the weights and adds ε: without a Perturbation of its own that of
// SAM for p = 2, ε = rho·g/‖g‖₂ (Foret et al., 2021, equation 2).
func (s *SAM) climb(params []Param, gradNorm float64) {
	if n := s.sweep.elements(); cap(s.saved) < n {
		s.saved = make([]float32, n)
	} else {
		s.saved = s.saved[:n]
	}
	scale := float32(s.Rho / (gradNorm + epsilon))
	if s.Perturbation != nil {
		scale = 0 // Save alone.
	}
	s.sweep.climb(s.saved, scale)
	if s.Perturbation != nil {
		s.Perturbation(params, gradNorm, s.Rho)
	}
}

// restoring returns the weights to go back to before the update, or nil.
func (s *SAM) restoring() []float32 {
	if s.Rho == 0 {
		return nil
	}
	return s.saved
}

// clipScale returns the factor that brings a gradient of global norm gradNorm
// to norm limit if it is longer, as torch.nn.utils.clip_grad_norm_ does.
func clipScale(gradNorm, limit float64) float32 {
	scale := limit / (gradNorm + clipEpsilon)
	if limit == 0 || scale >= 1 {
		return 1
	}
	return float32(scale)
}

func checkLengths(params []Param) {
	for i := range params {
		if p := &params[i]; len(p.Value) != len(p.Grad) {
			panic(fmt.Sprintf("sam: %s: %d values and %d gradients", p.Name, len(p.Value), len(p.Grad)))
		}
	}
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
