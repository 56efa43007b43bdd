package vm

import "math"

// singleValues and singleSlopes are functions in single precision, to a few
// units in the last place.
var (
	singleValues = map[string]func(y, x []float32){
		"Exp":        lines(exp32),
		"Erf":        lines(erf32),
		"Sqrt":       lines(func(x float32) float32 { return float32(math.Sqrt(float64(x))) }),
		"Reciprocal": lines(func(x float32) float32 { return 1 / x }),
		"Tanh":       lines(func(x float32) float32 { return tanh32(x) }),
		"Neg":        lines(func(x float32) float32 { return -x }),
	}
	singleSlopes = map[string]func(x, y float32) float32{
		"Exp":        func(_, y float32) float32 { return y },
		"Erf":        func(x, _ float32) float32 { return twoOverSqrtPi * exp32(-x*x) },
		"Sqrt":       func(_, y float32) float32 { return 0.5 / y },
		"Reciprocal": func(_, y float32) float32 { return -y * y },
		"Tanh":       func(_, y float32) float32 { return 1 - y*y },
		"Neg":        func(_, _ float32) float32 { return -1 },
	}
)

const (
	twoOverSqrtPi    = 1.1283791670955126
	oneOverSqrtTwoPi = 0.3989422804014327
	log2E            = 1.4426950408889634
	roundedBy        = 3 << 22 // Its sum with a small number has no fraction.
)

func lines(f func(x float32) float32) func(y, x []float32) {
	return func(y, x []float32) {
		for j, v := range x {
			y[j] = f(v)
		}
	}
}

// exp32 is e^x: 2^n·e^r with |r| ≤ ½·log 2, and a polynomial of degree 6 for
// e^r.
func exp32(x float32) float32 {
	switch {
	case x < -87:
		return 0
	case x > 88.7 || x != x:
		return float32(math.Exp(float64(x)))
	}
	n := float32(x*log2E) + roundedBy - roundedBy
	r := x - n*0.693359375 // log 2 in two parts, the first of which is exact.
	r -= n * -2.12194440e-4
	p := 1 + r*(1+r*(0.5+r*(1./6+r*(1./24+r*(1./120+r*(1./720))))))
	return p * math.Float32frombits(uint32(int32(n)+127)<<23)
}

func erf32(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > 0.5:
		return 1 - erfc32(x)
	case x < -0.5:
		return erfc32(-x) - 1
	}
	// The series of erf, of which six terms are left at ½.
	s := x * x
	return twoOverSqrtPi * x * (1 - s*(1./3-s*(1./10-s*(1./42-s*(1./216-s*(1./1320-s*(1./9360)))))))
}

// erfc32 is 1 − erf(x) for x ≥ 0, with the rational form of Numerical Recipes
// (erfcc, Press et al., 1992, section 6.2), of relative error 1.2e-7.
func erfc32(x float32) float32 {
	t := 1 / (1 + 0.5*x)
	p := -1.26551223 + t*(1.00002368+t*(0.37409196+t*(0.09678418+t*(-0.18628806+
		t*(0.27886807+t*(-1.13520398+t*(1.48851587+t*(-0.82215223+t*0.17087277))))))))
	return t * exp32(-x*x+p)
}

func tanh32(x float32) float32 {
	switch {
	case x > 9:
		return 1
	case x < -9:
		return -1
	case x > -0.3 && x < 0.3:
		return float32(math.Tanh(float64(x)))
	}
	return 1 - 2/(exp32(2*x)+1)
}
