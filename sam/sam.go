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
	// Perturbation is Ascent if nil. Other variants of SAM differ in it alone.
	Perturbation Perturbation

	saved []float32 // The weights during the perturbed pass, one Param after another.
}

var _ Optimizer = (*SAM)(nil)

// A Perturbation adds ε to the Params' values. Grad holds the gradient at them
// and gradNorm its global 2-norm.
type Perturbation func(params []Param, gradNorm, rho float64)

// Ascent is the perturbation of SAM for p = 2: ε = rho·g/‖g‖₂ (Foret et al.,
// 2021, equation 2).
func Ascent(params []Param, gradNorm, rho float64) {
	scale := float32(rho / (gradNorm + epsilon))
	for i := range params {
		addScaled(params[i].Value, params[i].Grad, scale)
	}
}

// Step implements [Optimizer]. After the first step with Rho != 0 it does not
// allocate, if gradient does not.
//
// Step panics if a Param's Value and Grad differ in length.
func (s *SAM) Step(params []Param, learningRate float64, gradient Gradient) (Stats, error) {
	checkLengths(params)
	loss, gradNorm, err := pass(Clean, params, gradient)
	if err != nil {
		return Stats{}, err
	}
	stats := Stats{Loss: loss, GradNorm: gradNorm, PerturbedLoss: loss, UpdateNorm: gradNorm}
	if s.Rho != 0 {
		s.save(params)
		s.climb(params, gradNorm)
		stats.PerturbedLoss, stats.UpdateNorm, err = pass(Perturbed, params, gradient)
		s.restore(params)
		if err != nil {
			return Stats{}, err
		}
	}
	clip(params, stats.UpdateNorm, s.ClipNorm)
	s.Base.Update(params, learningRate)
	return stats, nil
}

// State returns the state of the base; SAM itself keeps nothing between steps.
func (s *SAM) State() State { return s.Base.State() }

// Restore restores the base.
func (s *SAM) Restore(params []Param, state State) error { return s.Base.Restore(params, state) }

// pass evaluates gradient and returns the loss and the gradient's norm.
func pass(p Pass, params []Param, gradient Gradient) (loss, gradNorm float64, err error) {
	loss, err = gradient(p)
	if err != nil {
		return 0, 0, fmt.Errorf("sam: %v pass: %w", p, err)
	}
	gradNorm = globalNorm(params)
	if !isFinite(loss) || !isFinite(gradNorm) {
		return 0, 0, &NonFiniteError{Pass: p, Loss: loss, GradNorm: gradNorm}
	}
	return loss, gradNorm, nil
}

func (s *SAM) climb(params []Param, gradNorm float64) {
	perturb := s.Perturbation
	if perturb == nil {
		perturb = Ascent
	}
	perturb(params, gradNorm, s.Rho)
}

func (s *SAM) save(params []Param) {
	n := 0
	for i := range params {
		n += len(params[i].Value)
	}
	if cap(s.saved) < n {
		s.saved = make([]float32, n)
	}
	s.saved = s.saved[:n]
	for i, saved := 0, s.saved; i < len(params); i++ {
		saved = saved[copy(saved, params[i].Value):]
	}
}

func (s *SAM) restore(params []Param) {
	for i, saved := 0, s.saved; i < len(params); i++ {
		saved = saved[copy(params[i].Value, saved):]
	}
}

// clip scales the gradient, whose global norm is gradNorm, to norm limit if it
// is longer, as torch.nn.utils.clip_grad_norm_ does.
func clip(params []Param, gradNorm, limit float64) {
	scale := limit / (gradNorm + clipEpsilon)
	if limit == 0 || scale >= 1 {
		return
	}
	for i := range params {
		multiply(params[i].Grad, float32(scale))
	}
}

func checkLengths(params []Param) {
	for i := range params {
		if p := &params[i]; len(p.Value) != len(p.Grad) {
			panic(fmt.Sprintf("sam: %s: %d values and %d gradients", p.Name, len(p.Value), len(p.Grad)))
		}
	}
}

func isFinite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
