package gokernel

import "finetune/internal/kernel"

var plainLoops kernel.PlainLoops

// sumSquaresOfAVX2 and sumSquaresOfAVX512 compute Σ x².
func sumSquaresOfAVX2(x []float32) float64   { return sumSquaresBy(sumSquaresAVX2, x) }
func sumSquaresOfAVX512(x []float32) float64 { return sumSquaresBy(sumSquaresAVX512, x) }

// sumSquaresBy does rounds of 16 elements in assembly, and the rest in Go.
func sumSquaresBy(run func(x *float32, rounds int) float64, x []float32) float64 {
	const round = 16
	rounds := len(x) / round
	sum := 0.0
	if rounds > 0 {
		sum = run(&x[0], rounds)
	}
	return sum + plainLoops.SumSquares(x[rounds*round:])
}

func climbAVX2(saved, w, grad []float32, scale float32) {
	n, rest := vectors(len(w))
	if n > 0 {
		climbRowsAVX2(&saved[0], &w[0], &grad[0], 1, 0, n, scale)
	}
	plainLoops.Climb(saved[rest:], w[rest:], grad[rest:], scale)
}

func nesterovAVX2(w, from, v, grad []float32, scale, rate, decay, momentum float32) {
	n, rest := vectors(len(w))
	if n > 0 {
		nesterovRowsAVX2(&w[0], &from[0], &v[0], &grad[0], 1, 0, n, scale, rate, decay, momentum)
	}
	plainLoops.DescendNesterov(w[rest:], from[rest:], v[rest:], grad[rest:], scale, rate, decay, momentum)
}

func adamWOfAVX2(w, from, m, v, grad []float32, s kernel.AdamW) {
	n, rest := vectors(len(w))
	if n > 0 {
		adamWRowsAVX2(&w[0], &from[0], &m[0], &v[0], &grad[0], 1, 0, n, s.Scale, s.Keep, s.First, s.Beta2, s.Second, s.Correct, s.Epsilon, s.Rate)
	}
	plainLoops.DescendAdamW(w[rest:], from[rest:], m[rest:], v[rest:], grad[rest:], s)
}

// Those of AVX-512 leave the last elements to Go as those of AVX2 do, so that they are
// rounded alike.

func climbOfAVX512(saved, w, grad []float32, scale float32) {
	_, rest := vectors(len(w))
	climbAVX512(saved[:rest], w[:rest], grad[:rest], scale)
	plainLoops.Climb(saved[rest:], w[rest:], grad[rest:], scale)
}

func nesterovOfAVX512(w, from, v, grad []float32, scale, rate, decay, momentum float32) {
	_, rest := vectors(len(w))
	nesterovAVX512(w[:rest], from[:rest], v[:rest], grad[:rest], scale, rate, decay, momentum)
	plainLoops.DescendNesterov(w[rest:], from[rest:], v[rest:], grad[rest:], scale, rate, decay, momentum)
}

func adamWOfAVX512(w, from, m, v, grad []float32, s kernel.AdamW) {
	_, rest := vectors(len(w))
	adamWAVX512(w[:rest], from[:rest], m[:rest], v[:rest], grad[:rest], s.Scale, s.Keep, s.First, s.Beta2, s.Second, s.Correct, s.Epsilon, s.Rate)
	plainLoops.DescendAdamW(w[rest:], from[rest:], m[rest:], v[rest:], grad[rest:], s)
}
