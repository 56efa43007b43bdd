package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/reg"
)

// The points of interpolation are 0, ±a, ±b and infinity; na and nb are the
// factors of the weights' transform at ±a and ±b.
const (
	a, b = 5. / 8, 3. / 2
	na   = 1 / (2 * a * a * (a*a - b*b))
	nb   = 1 / (2 * b * b * (b*b - a*a))
)

// The lines are those of the same names in package gokernel, on vectors. They
// may overwrite what they are given.

func inputLine(d, c []VecVirtual) []VecVirtual {
	product, sum, aa, bb, a, b := c[0], c[1], c[2], c[3], c[4], c[5]
	first, last := d[0], d[5]
	VFMADD213PS(d[4], product, first)
	VFNMADD231PS(sum, d[2], first)
	VFMADD231PS(product, d[1], last)
	VFNMADD231PS(sum, d[3], last)
	evenB, oddB := clone(d[4]), clone(d[3])
	VFNMADD231PS(aa, d[2], evenB)
	VFNMADD231PS(aa, d[1], oddB)
	evenA, oddA := d[4], d[3]
	VFNMADD231PS(bb, d[2], evenA)
	VFNMADD231PS(bb, d[1], oddA)
	plusA, minusA := around(evenA, oddA, a)
	plusB, minusB := around(evenB, oddB, b)
	return []VecVirtual{first, plusA, minusA, plusB, minusB, last}
}

// around returns even ± factor·odd.
func around(even, odd, factor VecVirtual) (plus, minus VecVirtual) {
	plus = clone(even)
	VFMADD231PS(factor, odd, plus)
	VFNMADD231PS(factor, odd, even)
	return plus, even
}

func outputLine(m, c []VecVirtual) []VecVirtual {
	sumA, differenceA := sumAndDifference(m[1], m[2])
	sumB, differenceB := sumAndDifference(m[3], m[4])
	y0, y3 := m[0], m[5]
	VADDPS(sumA, y0, y0)
	VADDPS(sumB, y0, y0)
	VFMADD231PS(c[4], differenceA, y3)
	VFMADD231PS(c[5], differenceB, y3)
	VMULPS(c[0], differenceA, differenceA)
	VFMADD231PS(c[1], differenceB, differenceA)
	VMULPS(c[2], sumA, sumA)
	VFMADD231PS(c[3], sumB, sumA)
	return []VecVirtual{y0, differenceA, sumA, y3}
}

func sumAndDifference(x, y VecVirtual) (sum, difference VecVirtual) {
	sum = YMM()
	VADDPS(y, x, sum)
	VSUBPS(y, x, x)
	return sum, x
}

func outputGradLine(g, c []VecVirtual) []VecVirtual {
	out := []VecVirtual{g[0], nil, nil, nil, nil, g[3]}
	for i := range 2 {
		even, odd := clone(g[0]), YMM()
		VFMADD231PS(c[2+i], g[2], even)
		VMULPS(c[i], g[1], odd)
		VFMADD231PS(c[4+i], g[3], odd)
		out[1+2*i], out[2+2*i] = sumAndDifference(even, odd)
	}
	return out
}

func weightsLine(g, c []VecVirtual) []VecVirtual {
	out := []VecVirtual{YMM(), nil, nil, nil, nil, g[2]}
	VMULPS(c[0], g[0], out[0])
	for i := range 2 {
		even, odd := YMM(), YMM()
		VMULPS(c[1+3*i], g[0], even)
		VMULPS(c[2+3*i], g[1], odd)
		VFMADD231PS(c[3+3*i], g[2], even)
		out[1+2*i], out[2+2*i] = sumAndDifference(even, odd)
	}
	return out
}

func weightsGradLine(s, c []VecVirtual) []VecVirtual {
	sumA, differenceA := sumAndDifference(s[1], s[2])
	sumB, differenceB := sumAndDifference(s[3], s[4])
	g0, g2 := s[0], s[5]
	VMULPS(c[0], g0, g0)
	VFMADD231PS(c[1], sumA, g0)
	VFMADD231PS(c[4], sumB, g0)
	VFMADD231PS(c[3], sumA, g2)
	VFMADD231PS(c[6], sumB, g2)
	VMULPS(c[2], differenceA, differenceA)
	VFMADD231PS(c[5], differenceB, differenceA)
	return []VecVirtual{g0, differenceA, g2}
}

func clone(x VecVirtual) VecVirtual {
	y := YMM()
	VMOVAPS(x, y)
	return y
}
