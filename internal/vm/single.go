package vm

import "math"

// singleValues and singleSlopes are functions in single precision that the
// backend has no kernel for.
var (
	singleValues = map[string]func(y, x []float32){
		"Sqrt":       lines(func(x float32) float32 { return float32(math.Sqrt(float64(x))) }),
		"Reciprocal": lines(func(x float32) float32 { return 1 / x }),
		"Neg":        lines(func(x float32) float32 { return -x }),
	}
	singleSlopes = map[string]func(x, y float32) float32{
		"Sqrt":       func(_, y float32) float32 { return 0.5 / y },
		"Reciprocal": func(_, y float32) float32 { return -y * y },
		"Neg":        func(_, _ float32) float32 { return -1 },
	}
)

func lines(f func(x float32) float32) func(y, x []float32) {
	return func(y, x []float32) {
		for j, v := range x {
			y[j] = f(v)
		}
	}
}
