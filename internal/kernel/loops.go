package kernel

import "math"

// Loops are the loops over elements in which an optimizer spends its time. Each
// call is one goroutine's; calls on other elements may run at once.
//
// Slices of a call have the same length, or a loop panics, and do not overlap
// unless the method says that they may.
type Loops interface {
	// SumSquares returns Σ x², summed in float64.
	SumSquares(x []float32) float64
	// Climb computes saved = w, and then w = w + scale·grad.
	Climb(saved, w, grad []float32, scale float32)
	// DescendNesterov computes with g = scale·grad + decay·from
	//
	//	v = momentum·v + g
	//	w = from − rate·(g + momentum·v)
	//
	// from may be w.
	DescendNesterov(w, from, v, grad []float32, scale, rate, decay, momentum float32)
	// DescendAdamW computes with g = s.Scale·grad
	//
	//	m = m + s.First·(g − m)
	//	v = s.Beta2·v + s.Second·g²
	//	w = s.Keep·from − s.Rate·m/(s.Correct·√v + s.Epsilon)
	//
	// from may be w.
	DescendAdamW(w, from, m, v, grad []float32, s AdamW)
}

// AdamW holds the factors of an update by AdamW.
type AdamW struct{ Scale, Keep, First, Beta2, Second, Correct, Epsilon, Rate float32 }

// PlainLoops is Loops in Go.
type PlainLoops struct{}

// SumSquares implements Loops. The four sums hide the latency of an addition.
func (PlainLoops) SumSquares(x []float32) float64 {
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

// Climb implements Loops.
func (PlainLoops) Climb(saved, w, grad []float32, scale float32) {
	saved, grad = saved[:len(w)], grad[:len(w)]
	for i, v := range w {
		saved[i] = v
		w[i] = v + scale*grad[i]
	}
}

// DescendNesterov implements Loops.
func (PlainLoops) DescendNesterov(w, from, v, grad []float32, scale, rate, decay, momentum float32) {
	from, v, grad = from[:len(w)], v[:len(w)], grad[:len(w)]
	for i, at := range from {
		g := scale*grad[i] + decay*at
		vi := momentum*v[i] + g
		v[i] = vi
		w[i] = at - rate*(g+momentum*vi)
	}
}

// DescendAdamW implements Loops.
func (PlainLoops) DescendAdamW(w, from, m, v, grad []float32, s AdamW) {
	from, m, v, grad = from[:len(w)], m[:len(w)], v[:len(w)], grad[:len(w)]
	for i, at := range from {
		g := s.Scale * grad[i]
		mi := m[i] + s.First*(g-m[i])
		vi := s.Beta2*v[i] + s.Second*g*g
		m[i], v[i] = mi, vi
		w[i] = s.Keep*at - s.Rate*mi/(float32(math.Sqrt(float64(vi)))*s.Correct+s.Epsilon)
	}
}
