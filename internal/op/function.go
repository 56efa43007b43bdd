package op

import "math"

// The functions of ONNX that have no parameters.
var (
	Abs        = Function{"Abs", math.Abs, func(x, _ float64) float64 { return sign(x) }}
	Neg        = Function{"Neg", func(x float64) float64 { return -x }, func(_, _ float64) float64 { return -1 }}
	Reciprocal = Function{"Reciprocal", func(x float64) float64 { return 1 / x }, func(_, y float64) float64 { return -y * y }}
	Sqrt       = Function{"Sqrt", math.Sqrt, func(_, y float64) float64 { return 0.5 / y }}
	Exp        = Function{"Exp", math.Exp, func(_, y float64) float64 { return y }}
	Log        = Function{"Log", math.Log, func(x, _ float64) float64 { return 1 / x }}
	Sin        = Function{"Sin", math.Sin, func(x, _ float64) float64 { return math.Cos(x) }}
	Cos        = Function{"Cos", math.Cos, func(x, _ float64) float64 { return -math.Sin(x) }}
	Tanh       = Function{"Tanh", math.Tanh, func(_, y float64) float64 { return 1 - y*y }}
	Erf        = Function{"Erf", math.Erf, func(x, _ float64) float64 { return 2 / math.Sqrt(math.Pi) * math.Exp(-x*x) }}
	Softplus   = Function{"Softplus", softplus, func(x, _ float64) float64 { return sigmoid(x) }}
	Softsign   = Function{"Softsign",
		func(x float64) float64 { return x / (1 + math.Abs(x)) },
		func(x, _ float64) float64 { return 1 / ((1 + math.Abs(x)) * (1 + math.Abs(x))) }}

	// Gelu is x·Φ(x) (Hendrycks and Gimpel, 2016), and GeluTanh its
	// approximation ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
	Gelu     = Function{"Gelu", gelu, geluSlope}
	GeluTanh = Function{"Gelu", geluTanh, geluTanhSlope}
	// Mish is x·tanh(softplus(x)) (Misra, 2019).
	Mish = Function{"Mish", func(x float64) float64 { return x * math.Tanh(softplus(x)) }, mishSlope}
)

// Functions that are constant between jumps, and pass no gradient on.
var (
	Floor = Function{Label: "Floor", Value: math.Floor}
	Ceil  = Function{Label: "Ceil", Value: math.Ceil}
	Round = Function{Label: "Round", Value: math.RoundToEven}
	Trunc = Function{Label: "Cast", Value: math.Trunc}
	Sign  = Function{Label: "Sign", Value: sign}
	Not   = Function{Label: "Not", Value: func(x float64) float64 { return number(x == 0) }}
	IsNaN = Function{Label: "IsNaN", Value: func(x float64) float64 { return number(x != x) }}
	// NonZero is the Cast to bool.
	NonZero = Function{Label: "Cast", Value: func(x float64) float64 { return number(x != 0) }}
)

// Elu is x if x ≥ 0, else alpha·(exp(x) − 1) (Clevert et al., 2015).
func Elu(alpha float64) Function { return scaledElu("Elu", alpha, 1, 1) }

// Celu is max(x, 0) + min(alpha·(exp(x/alpha) − 1), 0) (Barron, 2017).
func Celu(alpha float64) Function { return scaledElu("Celu", alpha, 1, alpha) }

// Selu is gamma·Elu(alpha) (Klambauer et al., 2017).
func Selu(alpha, gamma float64) Function { return scaledElu("Selu", alpha, gamma, 1) }

// scaledElu is gamma·x if x ≥ 0, else gamma·alpha·(exp(x/width) − 1).
func scaledElu(label string, alpha, gamma, width float64) Function {
	value := func(x float64) float64 {
		if x >= 0 {
			return gamma * x
		}
		return gamma * alpha * math.Expm1(x/width)
	}
	slope := func(x, _ float64) float64 {
		if x >= 0 {
			return gamma
		}
		return gamma * alpha / width * math.Exp(x/width)
	}
	return Function{label, value, slope}
}

// HardSigmoid is min(max(alpha·x + beta, 0), 1).
func HardSigmoid(alpha, beta float64) Function {
	value := func(x float64) float64 { return math.Max(0, math.Min(1, alpha*x+beta)) }
	slope := func(_, y float64) float64 {
		if y > 0 && y < 1 {
			return alpha
		}
		return 0
	}
	return Function{"HardSigmoid", value, slope}
}

// ThresholdedRelu is x if x > alpha, else 0 (Konda et al., 2014).
func ThresholdedRelu(alpha float64) Function {
	value := func(x float64) float64 {
		if x > alpha {
			return x
		}
		return 0
	}
	return Function{"ThresholdedRelu", value, func(x, _ float64) float64 { return number(x > alpha) }}
}

// Shrink is x + bias below −lambda, x − bias above lambda, and 0 between.
func Shrink(lambda, bias float64) Function {
	value := func(x float64) float64 {
		switch {
		case x < -lambda:
			return x + bias
		case x > lambda:
			return x - bias
		}
		return 0
	}
	return Function{"Shrink", value, func(x, _ float64) float64 { return number(x < -lambda || x > lambda) }}
}

// IsInf tells which infinities x is.
func IsInf(negative, positive bool) Function {
	value := func(x float64) float64 {
		return number(negative && math.IsInf(x, -1) || positive && math.IsInf(x, 1))
	}
	return Function{Label: "IsInf", Value: value}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func gelu(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) }

func geluSlope(x, _ float64) float64 {
	return 0.5*(1+math.Erf(x/math.Sqrt2)) + x*math.Exp(-0.5*x*x)/math.Sqrt(2*math.Pi)
}

var sqrtTwoOverPi = math.Sqrt(2 / math.Pi)

func geluTanh(x float64) float64 {
	return 0.5 * x * (1 + math.Tanh(sqrtTwoOverPi*(x+0.044715*x*x*x)))
}

func geluTanhSlope(x, _ float64) float64 {
	t := math.Tanh(sqrtTwoOverPi * (x + 0.044715*x*x*x))
	return 0.5*(1+t) + 0.5*x*(1-t*t)*sqrtTwoOverPi*(1+3*0.044715*x*x)
}

func mishSlope(x, _ float64) float64 {
	t := math.Tanh(softplus(x))
	return t + x*(1-t*t)*sigmoid(x)
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
