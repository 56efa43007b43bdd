package finetune

import "math"

// z95 is the 97.5 % quantile of the normal distribution.
const z95 = 1.959963984540054

// wilson returns the 95 % score interval of a share of right answers in n
// (Wilson, 1927). It is [0, 1] for n = 0.
func wilson(right, n int) [2]float64 {
	if n == 0 {
		return [2]float64{0, 1}
	}
	share, count := float64(right)/float64(n), float64(n)
	scale := 1 / (1 + z95*z95/count)
	centre := scale * (share + z95*z95/(2*count))
	half := scale * z95 * math.Sqrt(share*(1-share)/count+z95*z95/(4*count*count))
	return [2]float64{max(0, centre-half), min(1, centre+half)}
}
