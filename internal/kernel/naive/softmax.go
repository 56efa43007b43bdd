package naive

import "math"

// Softmax computes y = exp(x)/Σ exp(x) along the middle axis of [outer, size,
// inner]. y may be x.
func Softmax(y, x []float64, outer, size, inner int) {
	eachLine(outer, size, inner, func(line []int) {
		largest, sum := math.Inf(-1), 0.0
		for _, j := range line {
			largest = math.Max(largest, x[j])
		}
		for _, j := range line {
			y[j] = math.Exp(x[j] - largest)
			sum += y[j]
		}
		for _, j := range line {
			y[j] /= sum
		}
	})
}

// SoftmaxGrad computes dx = y·(dy − Σ dy·y) along the middle axis. dx may be dy.
func SoftmaxGrad(dx, dy, y []float64, outer, size, inner int) {
	eachLine(outer, size, inner, func(line []int) {
		dot := 0.0
		for _, j := range line {
			dot += dy[j] * y[j]
		}
		for _, j := range line {
			dx[j] = y[j] * (dy[j] - dot)
		}
	})
}

// eachLine calls f with the positions of each line along the middle axis.
func eachLine(outer, size, inner int, f func(line []int)) {
	line := make([]int, size)
	for i := range outer * inner {
		for k := range line {
			line[k] = i/inner*size*inner + k*inner + i%inner
		}
		f(line)
	}
}
