package vm

import "math"

// geluLine computes y = x·Φ(x), and geluGradLine dx = dy·(Φ(x) + x·φ(x)), of the
// normal distribution's Φ and its density φ. dx may be dy.
func geluLine(y, x []float32) {
	x = x[:len(y)]
	for j, v := range x {
		phi, _ := normal32(v)
		y[j] = v * phi
	}
}

func geluGradLine(dx, dy, x, _ []float32) {
	dy, x = dy[:len(dx)], x[:len(dx)]
	for j, v := range x {
		phi, density := normal32(v)
		dx[j] = dy[j] * (phi + v*density)
	}
}

// normal32 returns Φ(x) and φ(x), both of one e^(−x²/2): 1 − Φ(|x|) is that times
// a polynomial in 1/(1 + p·|x|/√2), of absolute error 7.5e-8 (Abramowitz and
// Stegun, 1964, formula 7.1.26).
func normal32(x float32) (phi, density float32) {
	const p = 0.3275911 * math.Sqrt2 / 2
	e := exp32(-0.5 * x * x)
	t := 1 / (1 + p*float32(math.Abs(float64(x))))
	tail := 0.5 * e * t * (0.254829592 + t*(-0.284496736+t*(1.421413741+t*(-1.453152027+t*1.061405429))))
	if x < 0 {
		return tail, oneOverSqrtTwoPi * e
	}
	return 1 - tail, oneOverSqrtTwoPi * e
}
