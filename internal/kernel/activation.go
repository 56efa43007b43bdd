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
)

// String returns the name of the function.
func (k ActivationKind) String() string {
	return [...]string{"Identity", "Clip", "LeakyRelu", "Sigmoid", "HardSwish"}[k]
}

// FromOutput reports whether the derivative can be told from the output alone.
// At the bounds of Clip it is zero, as in PyTorch's hardtanh and relu.
func (a Activation) FromOutput() bool {
	return a.Kind == Identity || a.Kind == Clip || a.Kind == Sigmoid || a.Kind == LeakyRelu && a.Alpha > 0
}
