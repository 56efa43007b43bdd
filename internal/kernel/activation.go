package kernel

// An Activation is an elementwise function with a known derivative.
type Activation struct {
	Kind ActivationKind
	// Alpha and Beta are the lower and upper bound of Clip, and Alpha the
	// slope of LeakyRelu below zero. The other kinds have none.
	Alpha, Beta float32
}

// An ActivationKind names the function.
type ActivationKind uint8

// The functions, as ONNX defines them.
const (
	Identity  ActivationKind = iota
	Clip                     // min(max(x, Alpha), Beta); Relu is Clip(0, +Inf).
	LeakyRelu                // x if x ≥ 0, else Alpha·x.
	Sigmoid                  // 1/(1+exp(−x)).
	HardSwish                // x·min(max(x/6+½, 0), 1).
	Swish                    // x/(1+exp(−x)), also called SiLU (Ramachandran et al., 2017).
	Gelu                     // x·Φ(x), of the normal distribution's Φ (Hendrycks and Gimpel, 2016).
	Exp                      // e^x.
	Tanh                     // The hyperbolic tangent.
	Erf                      // The error function.

	Kinds // How many there are.
)

// String returns the name of the function.
func (k ActivationKind) String() string {
	return [...]string{"Identity", "Clip", "LeakyRelu", "Sigmoid", "HardSwish", "Swish", "Gelu", "Exp", "Tanh", "Erf"}[k]
}

// FromOutput reports whether the derivative can be told from the output alone.
// At the bounds of Clip it is zero, as in PyTorch's hardtanh and relu.
func (a Activation) FromOutput() bool {
	switch a.Kind {
	case Identity, Clip, Sigmoid, Exp, Tanh:
		return true
	case LeakyRelu:
		return a.Alpha > 0
	}
	return false
}
