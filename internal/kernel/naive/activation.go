package naive

import (
	"fmt"
	"math"

	"finetune/internal/kernel"
)

// Activate computes y = act(x), elementwise. y may be x.
func Activate(y, x []float64, act kernel.Activation) {
	alpha, beta := float64(act.Alpha), float64(act.Beta)
	for i, v := range x {
		switch act.Kind {
		case kernel.Identity:
			y[i] = v
		case kernel.Clip:
			y[i] = min(max(v, alpha), beta)
		case kernel.LeakyRelu:
			y[i] = v
			if v < 0 {
				y[i] = alpha * v
			}
		case kernel.Sigmoid:
			y[i] = sigmoid(v)
		case kernel.HardSwish:
			y[i] = v * min(max(v/6+0.5, 0), 1)
		case kernel.Swish:
			y[i] = v * sigmoid(v)
		case kernel.Gelu:
			y[i] = v * phi(v)
		case kernel.Exp:
			y[i] = math.Exp(v)
		case kernel.Tanh:
			y[i] = math.Tanh(v)
		case kernel.Erf:
			y[i] = math.Erf(v)
		default:
			panic(fmt.Sprintf("naive: activation kind %d", act.Kind))
		}
	}
}

// ActivateGrad computes dx = dy·act'(x), elementwise. dx may be dy.
//
// At the bounds of Clip the derivative is zero; at zero that of LeakyRelu is
// one; at -3 and 3 that of HardSwish is zero and one.
func ActivateGrad(dx, dy, x []float64, act kernel.Activation) {
	for i, v := range x {
		dx[i] = dy[i] * derivative(v, act)
	}
}

func derivative(x float64, act kernel.Activation) float64 {
	switch act.Kind {
	case kernel.Identity:
		return 1
	case kernel.Clip:
		if x <= float64(act.Alpha) || x >= float64(act.Beta) {
			return 0
		}
		return 1
	case kernel.LeakyRelu:
		if x < 0 {
			return float64(act.Alpha)
		}
		return 1
	case kernel.Sigmoid:
		s := sigmoid(x)
		return s * (1 - s)
	case kernel.HardSwish:
		switch {
		case x <= -3:
			return 0
		case x >= 3:
			return 1
		}
		return x/3 + 0.5
	case kernel.Swish:
		s := sigmoid(x)
		return s + x*s*sigmoid(-x)
	case kernel.Gelu:
		return phi(x) + x*math.Exp(-0.5*x*x)/math.Sqrt(2*math.Pi)
	case kernel.Exp:
		return math.Exp(x)
	case kernel.Tanh:
		y := math.Tanh(x)
		return 1 - y*y
	case kernel.Erf:
		return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x)
	}
	panic(fmt.Sprintf("naive: activation kind %d", act.Kind))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// phi is the distribution function Φ.
func phi(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
