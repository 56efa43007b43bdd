package sam

// sumSquares returns Σx². The four sums hide the latency of an addition.
func sumSquares(x []float32) float64 {
	var s0, s1, s2, s3 float64
	for len(x) >= 4 {
		x0, x1, x2, x3 := float64(x[0]), float64(x[1]), float64(x[2]), float64(x[3])
		s0 += x0 * x0
		s1 += x1 * x1
		s2 += x2 * x2
		s3 += x3 * x3
		x = x[4:]
	}
	for _, v := range x {
		s0 += float64(v) * float64(v)
	}
	return (s0 + s1) + (s2 + s3)
}

// addScaled sets y = y + scale·x. The slices have the same length.
func addScaled(y, x []float32, scale float32) {
	x = x[:len(y)]
	for i := range y {
		y[i] += scale * x[i]
	}
}

// multiply sets x = scale·x.
func multiply(x []float32, scale float32) {
	for i := range x {
		x[i] *= scale
	}
}
