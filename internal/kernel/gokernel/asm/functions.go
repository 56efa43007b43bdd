package main

import (
	"math"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A function is a loop over elements: the first operand is computed from the
// others.
type function struct {
	name     string
	operands []string
	body     func(x ...VecVirtual) VecVirtual
}

func (f function) emit(masks Mem) {
	TEXT(f.name+isa.suffix, NOSPLIT, "func("+strings.Join(f.operands, ", ")+" []float32)")
	Pragma("noescape")
	var p []Register
	for _, name := range f.operands {
		p = append(p, Load(Param(name).Base(), GP64()))
	}
	n := Load(Param(f.operands[0]).Len(), GP64())
	newRow(n, masks).pass("vector", func(at, mask Register) {
		var x []VecVirtual
		for _, from := range p[1:] {
			x = append(x, read(from, at, mask))
		}
		write(f.body(x...), p[0], at, mask)
	})
	VZEROUPPER()
	RET()
}

var values, grads = []string{"y", "x"}, []string{"dx", "dy", "x"}

var functions = []function{
	{"exp", values, func(x ...VecVirtual) VecVirtual { return exponential(x[0], false) }},
	{"tanh", values, func(x ...VecVirtual) VecVirtual { return tanh(x[0]) }},
	{"erf", values, func(x ...VecVirtual) VecVirtual { return erf(x[0]) }},
	{"erfGrad", grads, func(x ...VecVirtual) VecVirtual {
		square := isa.vector()
		VMULPS(x[1], x[1], square)
		withBits(signBit, square, square)
		e := exponential(square, true)
		timesConstant(2/math.SqrtPi, e, e)
		VMULPS(x[0], e, e)
		return e
	}},
	{"sigmoid", values, func(x ...VecVirtual) VecVirtual {
		s, _ := sigmoid(x[0], false)
		return s
	}},
	{"sigmoidGrad", []string{"dx", "dy", "y"}, func(x ...VecVirtual) VecVirtual {
		d, y := x[0], x[1]
		VMULPS(y, d, d)
		VFNMADD231PS(y, d, d) // Reads d before it writes it.
		return d
	}},
	{"swish", values, func(x ...VecVirtual) VecVirtual {
		s, _ := sigmoid(x[0], false)
		VMULPS(x[0], s, s)
		return s
	}},
	{"swishGrad", grads, func(x ...VecVirtual) VecVirtual {
		s, opposite := sigmoid(x[1], true)
		timesPlusConstant(1, x[1], opposite)
		VMULPS(opposite, s, s)
		VMULPS(x[0], s, s)
		return s
	}},
	{"hardSwish", values, func(x ...VecVirtual) VecVirtual {
		y := isa.vector()
		timesConstant(1./6, x[0], y)
		plusConstant(0.5, y, y)
		bound(y, broadcast(0), broadcast(1))
		VMULPS(x[0], y, y)
		return y
	}},
	{"hardSwishGrad", grads, func(x ...VecVirtual) VecVirtual {
		y := isa.vector()
		timesConstant(1./3, x[1], y)
		plusConstant(0.5, y, y)
		VMULPS(x[0], y, y)
		y = where(greaterEqual, x[1], broadcast(3), x[0], y)
		zeros := isa.vector()
		zero([]VecVirtual{zeros})
		return where(notLessEqual, x[1], broadcast(-3), y, zeros)
	}},
	{"gelu", values, func(x ...VecVirtual) VecVirtual {
		phi, _ := normal(x[0])
		VMULPS(x[0], phi, phi)
		return phi
	}},
	{"geluGrad", grads, func(x ...VecVirtual) VecVirtual {
		phi, e := normal(x[1])
		timesConstant(1/math.Sqrt(2*math.Pi), e, e)
		VFMADD231PS(x[1], e, phi)
		VMULPS(x[0], phi, phi)
		return phi
	}},
	{"tanhGrad", []string{"dx", "dy", "y"}, func(x ...VecVirtual) VecVirtual {
		d, y := x[0], x[1]
		VMULPS(y, y, y)
		VFNMADD231PS(y, d, d)
		return d
	}},
}

// The least number whose exponential is not below the normal numbers, and
// bounds beyond which it is 0 and ∞.
const (
	leastNormal = -87.33654
	beyond      = 150.
)

// exponential returns e^x: 2^n·e^r, with n the integer nearest to x·log₂e, |r| ≤
// ½·log 2, and a polynomial for e^r (expf of Moshier's Cephes library). To flush is
// to return 0 for what is below the normal numbers, which processors are slow at.
func exponential(x VecVirtual, flush bool) VecVirtual {
	bottom := -beyond
	if flush {
		bottom = leastNormal
	}
	least := broadcast(bottom)
	t, n, square := isa.vector(), isa.vector(), isa.vector()
	VMAXPS(x, least, t) // As VMINPS, it returns its second source if one is NaN: x.
	VMINPS(t, broadcast(beyond), t)
	timesConstant(math.Log2E, t, n)
	const nearest = 8
	if isa.masked {
		VRNDSCALEPS(Imm(nearest), n, n)
	} else {
		VROUNDPS(Imm(nearest), n, n)
	}
	minusTimesConstant(0.693359375, n, t) // log 2 in two parts, the first of which is exact.
	minusTimesConstant(-2.12194440e-4, n, t)
	p := polynomial(t, 1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
	VMULPS(t, t, square)
	VFMADD213PS(t, square, p)
	plusConstant(1, p, p)
	if isa.masked {
		if !flush {
			VSCALEFPS(n, p, p)
			return p
		}
		normal := K()
		VCMPPS(Imm(notLess), least, x, normal)
		VSCALEFPS_Z(n, p, normal, p)
		return p
	}
	scaleByPower(p, n)
	if flush {
		normal := isa.vector()
		VCMPPS(Imm(notLess), least, x, normal)
		VANDPS(normal, p, p)
	}
	return p
}

// scaleByPower computes p = p·2^n for an integer n, in two steps: of 2^n itself
// the exponent may not fit.
func scaleByPower(p, n VecVirtual) {
	half := isa.vector()
	VCVTPS2DQ(n, n)
	VPSRAD(Imm(1), n, half)
	VPSUBD(half, n, n)
	for _, e := range []VecVirtual{half, n} {
		VPADDD(constantBits(127), e, e)
		VPSLLD(Imm(23), e, e)
		VMULPS(e, p, p)
	}
}

// sigmoid returns 1/(1+e^−x) and, if asked, 1/(1+e^x): of e^−|x|, which does not
// overflow.
func sigmoid(x VecVirtual, both bool) (s, opposite VecVirtual) {
	t := isa.vector()
	withBits(signBit, x, t)
	e := exponential(t, true)
	d := isa.vector()
	plusConstant(1, e, d)
	large := reciprocal(d)
	VMULPS(large, e, e)
	if both {
		copied := isa.vector()
		VMOVAPS(e, copied)
		opposite = bySign(x, large, copied)
	}
	return bySign(x, e, large), opposite
}

// reciprocal returns 1/x: by a division, because estimates differ between processors.
func reciprocal(x VecVirtual) VecVirtual {
	y := isa.vector()
	VDIVPS(x, broadcast(1), y)
	return y
}

// tailScale and tailCoefficients are of 1 − Φ(x) = e^(−x²/2)·t·P(t) for x ≥ 0
// with t = 1/(1 + tailScale·x); the highest power first. They have been fitted
// to a relative error of 2e-8 (testdata/normal.py).
var (
	tailScale        = 0.21
	tailCoefficients = []float64{-0.071656152, 0.283587776, -0.330251696, 0.349399016, -0.0939237845, 0.1248721, 0.0691923372, 0.0850688333, 0.0837115772}
)

// tail returns 1 − Φ(|x|), and e^(−x²/2).
func tail(x VecVirtual) (y, e VecVirtual) {
	t, d := isa.vector(), isa.vector()
	VMULPS(x, x, t)
	timesConstant(-0.5, t, t)
	e = exponential(t, true)
	onlyBits(otherBits, x, d)
	VMINPS(d, broadcast(beyond), d) // NaN stays.
	timesConstant(tailScale, d, d)
	plusConstant(1, d, d)
	t = reciprocal(d)
	y = polynomial(t, tailCoefficients...)
	VMULPS(t, y, y)
	VMULPS(e, y, y)
	return y, e
}

// normal returns Φ(x), and e^(−x²/2).
func normal(x VecVirtual) (phi, e VecVirtual) {
	below, e := tail(x)
	above := broadcast(1)
	VSUBPS(below, above, above)
	return bySign(x, below, above), e
}

// erf returns 2·Φ(x·√2) − 1 and, where that would cancel, its series.
func erf(x VecVirtual) VecVirtual {
	wide, magnitude, square := isa.vector(), isa.vector(), isa.vector()
	timesConstant(math.Sqrt2, x, wide)
	y, _ := tail(wide)
	timesConstant(-2, y, y)
	plusConstant(1, y, y)
	sign := isa.vector()
	onlyBits(signBit, x, sign)
	VORPS(sign, y, y)
	VMULPS(x, x, square)
	series := polynomial(square, 1./9360, -1./1320, 1./216, -1./42, 1./10, -1./3, 1)
	VMULPS(x, series, series)
	timesConstant(2/math.SqrtPi, series, series)
	onlyBits(otherBits, x, magnitude)
	return where(greaterEqual, magnitude, broadcast(0.5), y, series)
}

// tanh returns 1 − 2/(e^(2|x|) + 1) with the sign of x and, where that would
// cancel, a polynomial (tanhf of Cephes).
func tanh(x VecVirtual) VecVirtual {
	twice, magnitude, square, sign := isa.vector(), isa.vector(), isa.vector(), isa.vector()
	onlyBits(otherBits, x, magnitude)
	VADDPS(magnitude, magnitude, twice)
	y := exponential(twice, false)
	plusConstant(1, y, y)
	VDIVPS(y, broadcast(-2), y)
	plusConstant(1, y, y)
	onlyBits(signBit, x, sign)
	VORPS(sign, y, y)
	VMULPS(x, x, square)
	p := polynomial(square, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1)
	VMULPS(square, p, p)
	timesX := isa.vector()
	VMOVAPS(x, timesX)
	VFMADD231PS(x, p, timesX)
	return where(greaterEqual, magnitude, broadcast(0.625), y, timesX)
}
