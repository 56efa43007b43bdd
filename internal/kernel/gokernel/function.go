package gokernel

import (
	"math"

	"finetune/internal/kernel"
)

// functions are the loops of the kinds of activation that have one of their own:
// y = act(x), and dx = dy·act' from y for kinds for which FromOutput is true, else
// from x.
type functions [kernel.Kinds]struct {
	value func(y, x []float32)
	grad  func(dx, dy, from []float32)
}

// activate computes y = act(x). y may be x.
func (i *isa) activate(y, x []float32, act kernel.Activation) {
	switch f := i.functions[act.Kind].value; {
	case act.Kind == kernel.Clip:
		i.clip(y, x, act.Alpha, act.Beta)
	case f != nil:
		f(y, x[:len(y)])
	default:
		activate(y, x, act)
	}
}

// activateGrad computes dx = dy·act', as activateGrad without an isa.
func (i *isa) activateGrad(dx, dy, from []float32, act kernel.Activation) {
	switch f := i.functions[act.Kind].grad; {
	case act.Kind == kernel.Clip:
		i.clipGrad(dx, dy, from, act.Alpha, act.Beta)
	case f != nil:
		f(dx, dy[:len(dx)], from[:len(dx)])
	default:
		activateGrad(dx, dy, from, act)
	}
}

var plainFunctions = functions{
	kernel.Sigmoid: {elementwise(sigmoid32), elementwiseGrad(func(y float32) float32 { return y * (1 - y) })},
	kernel.HardSwish: {elementwise(func(x float32) float32 { return x * min(max(x*(1.0/6)+0.5, 0), 1) }),
		elementwiseGrad(hardSwishSlope32)},
	kernel.Swish: {elementwise(func(x float32) float32 { return x * sigmoid32(x) }),
		elementwiseGrad(func(x float32) float32 { return sigmoid32(x) * (1 + x*sigmoid32(-x)) })},
	kernel.Gelu: {elementwise(gelu32), elementwiseGrad(geluSlope32)},
	kernel.Exp:  {elementwise(exp32), elementwiseGrad(func(y float32) float32 { return y })},
	kernel.Tanh: {elementwise(tanh32), elementwiseGrad(func(y float32) float32 { return 1 - y*y })},
	kernel.Erf: {elementwise(erf32),
		elementwiseGrad(func(x float32) float32 { return 2 / math.SqrtPi * exp32(-x*x) })},
}

func elementwise(f func(float32) float32) func(y, x []float32) {
	return func(y, x []float32) {
		for i, v := range x {
			y[i] = f(v)
		}
	}
}

func elementwiseGrad(slope func(float32) float32) func(dx, dy, from []float32) {
	return func(dx, dy, from []float32) {
		for i, v := range from {
			dx[i] = dy[i] * slope(v)
		}
	}
}

func hardSwishSlope32(x float32) float32 {
	switch {
	case x <= -3:
		return 0
	case x >= 3:
		return 1
	}
	return x*(1.0/3) + 0.5
}

// exp32 is e^x to a unit in the last place: 2^n·e^r, with n the integer nearest
// to x·log₂e, |r| ≤ ½·log 2, and a polynomial for e^r (expf of Moshier's Cephes
// library).
func exp32(x float32) float32 {
	const (
		roundedBy = 3 << 22 // Its sum with a small number has no fraction.
		beyond    = 150     // Where the result has long been 0 or ∞.
	)
	if x != x {
		return x
	}
	x = min(max(x, -beyond), beyond)
	n := float32(x*math.Log2E) + roundedBy - roundedBy
	r := x - n*0.693359375 // log 2 in two parts, the first of which is exact.
	r -= n * -2.12194440e-4
	p := 5.0000001201e-1 + r*(1.6666665459e-1+r*(4.1665795894e-2+r*(8.3334519073e-3+r*(1.3981999507e-3+r*1.9875691500e-4))))
	p = 1 + (r + r*r*p)
	half := int32(n) >> 1 // The exponent of 2^n itself may not fit.
	return p * power32(half) * power32(int32(n)-half)
}

// power32 is 2^n.
func power32(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

func sigmoid32(x float32) float32 {
	e := exp32(-abs32(x))
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// tail32 is 1 − Φ(x) for x ≥ 0, of the normal distribution's Φ, and e^(−x²/2):
// the former is the latter times a polynomial in t = 1/(1 + scale·x), without a
// constant, that has been fitted to a relative error of 2e-8 (testdata/normal.py).
func tail32(x float32) (tail, e float32) {
	const scale = 0.21
	e = exp32(-0.5 * x * x)
	t := 1 / (1 + scale*x)
	p := 0.0837115772 + t*(0.0850688333+t*(0.0691923372+t*(0.1248721+t*(-0.0939237845+t*(0.349399016+t*(-0.330251696+t*(0.283587776+t*(-0.071656152))))))))
	return e * t * p, e
}

// normal32 is Φ(x), and e^(−x²/2).
func normal32(x float32) (phi, e float32) {
	tail, e := tail32(abs32(x))
	if x < 0 {
		return tail, e
	}
	return 1 - tail, e
}

func gelu32(x float32) float32 {
	phi, _ := normal32(x)
	return x * phi
}

func geluSlope32(x float32) float32 {
	const density = 0.3989422804014327 // 1/√(2π).
	phi, e := normal32(x)
	return phi + x*(density*e)
}

// erf32 is 2·Φ(x·√2) − 1 and, where that would cancel, its series, of which seven
// terms are left.
func erf32(x float32) float32 {
	if abs32(x) >= 0.5 {
		tail, _ := tail32(abs32(x) * math.Sqrt2)
		return float32(math.Copysign(float64(1-2*tail), float64(x)))
	}
	s := x * x
	return 2 / math.SqrtPi * x * (1 - s*(1./3-s*(1./10-s*(1./42-s*(1./216-s*(1./1320-s*(1./9360)))))))
}

// tanh32 is 1 − 2/(e^(2|x|) + 1) with the sign of x and, where that would cancel, a
// polynomial (tanhf of Cephes).
func tanh32(x float32) float32 {
	if abs32(x) >= 0.625 {
		return float32(math.Copysign(float64(1-2/(exp32(2*abs32(x))+1)), float64(x)))
	}
	s := x * x
	return x + x*s*(-3.33332819422e-1+s*(1.33314422036e-1+s*(-5.37397155531e-2+s*(2.06390887954e-2+s*-5.70498872745e-3))))
}
