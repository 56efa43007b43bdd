package onnxfile

import "math"

// floatToHalf rounds to IEEE 754 binary16, to nearest, ties to even. What is
// too large becomes infinite, what is too small zero.
func floatToHalf(f float32) uint16 {
	sign := uint16(math.Float32bits(f) >> 16 & 0x8000)
	magnitude := math.Abs(float64(f))
	switch {
	case f != f:
		return 0x7e00
	case magnitude == 0:
		return sign
	case magnitude >= 65520: // Halfway from the largest half to the next power.
		return sign | 0x7c00
	}
	_, exponent := math.Frexp(magnitude)
	exponent = max(exponent-1, -14)
	// The units of the last place; 1024 of them carry into the exponent.
	fraction := uint16(math.RoundToEven(math.Ldexp(magnitude, 10-exponent)))
	return sign | (uint16(exponent+14)<<10 + fraction)
}

// halfToFloat widens IEEE 754 binary16.
func halfToFloat(h uint16) float32 {
	sign, exponent, fraction := h>>15, int(h>>10&31), float64(h&1023)
	v := math.Ldexp(1+fraction/1024, exponent-15)
	switch {
	case exponent == 0:
		v = math.Ldexp(fraction/1024, -14)
	case exponent == 31 && fraction == 0:
		v = math.Inf(1)
	case exponent == 31:
		v = math.NaN()
	}
	if sign == 1 {
		v = -v
	}
	return float32(v)
}
