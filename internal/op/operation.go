package op

import "math"

// The operations of two numbers that have a gradient.
var (
	Sub = Operation{"Sub",
		func(a, b float64) float64 { return a - b },
		func(_, _ float64) (da, db float64) { return 1, -1 }}
	Div = Operation{"Div",
		func(a, b float64) float64 { return a / b },
		func(a, b float64) (da, db float64) { return 1 / b, -a / (b * b) }}
	Pow = Operation{"Pow", math.Pow, powSlopes}
	// Min and Max give each of two equal numbers half of the gradient, as
	// PyTorch does.
	Min = Operation{"Min", math.Min, func(a, b float64) (da, db float64) { return share(b, a) }}
	Max = Operation{"Max", math.Max, func(a, b float64) (da, db float64) { return share(a, b) }}
	// PRelu is a if a ≥ 0, else b·a (He et al., 2015).
	PRelu = Operation{"PRelu", prelu, preluSlopes}
	// Mod is a − b·⌊a/b⌋, whose sign is that of b, and Fmod a − b·trunc(a/b).
	Mod = Operation{"Mod", mod,
		func(a, b float64) (da, db float64) { return 1, -math.Floor(a / b) }}
	Fmod = Operation{"Mod", math.Mod, func(a, b float64) (da, db float64) { return 1, -math.Trunc(a / b) }}
)

// The operations that pass no gradient on: results are 0 or 1, or of integers.
var (
	Equal          = Operation{Label: "Equal", Value: func(a, b float64) float64 { return number(a == b) }}
	Greater        = Operation{Label: "Greater", Value: func(a, b float64) float64 { return number(a > b) }}
	GreaterOrEqual = Operation{Label: "GreaterOrEqual", Value: func(a, b float64) float64 { return number(a >= b) }}
	Less           = Operation{Label: "Less", Value: func(a, b float64) float64 { return number(a < b) }}
	LessOrEqual    = Operation{Label: "LessOrEqual", Value: func(a, b float64) float64 { return number(a <= b) }}
	And            = Operation{Label: "And", Value: func(a, b float64) float64 { return number(a != 0 && b != 0) }}
	Or             = Operation{Label: "Or", Value: func(a, b float64) float64 { return number(a != 0 || b != 0) }}
	Xor            = Operation{Label: "Xor", Value: func(a, b float64) float64 { return number((a != 0) != (b != 0)) }}
	// IntegerDiv is Div of integers, which truncates.
	IntegerDiv = Operation{Label: "Div", Value: func(a, b float64) float64 { return math.Trunc(a / b) }}
)

// powSlopes has no derivative with respect to the exponent where the base is
// not positive.
func powSlopes(a, b float64) (da, db float64) {
	if b != 0 {
		da = b * math.Pow(a, b-1)
	}
	if a > 0 {
		db = math.Pow(a, b) * math.Log(a)
	}
	return da, db
}

func share(a, b float64) (da, db float64) {
	switch {
	case a > b:
		return 1, 0
	case a < b:
		return 0, 1
	}
	return 0.5, 0.5
}

func mod(a, b float64) float64 {
	r := math.Mod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}

func prelu(a, b float64) float64 {
	if a >= 0 {
		return a
	}
	return b * a
}

func preluSlopes(a, b float64) (da, db float64) {
	if a >= 0 {
		return 1, 0
	}
	return b, a
}
