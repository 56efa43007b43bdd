package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/kernel"
)

func testLoops(t *testing.T, b kernel.Backend) {
	for _, n := range []int{0, 1, 7, 8, 15, 16, 31, 32, 33, 100} {
		name, s, loops := fmt.Sprintf("(%d)", n), newSource(), b.Loops()
		w, grad, v := s.normal(n), s.normal(n), s.normal(n)

		want := 0.0
		for _, x := range widen(w) {
			want += x * x
		}
		if got := loops.SumSquares(w); !(math.Abs(got-want) <= 1e-12*want) {
			t.Errorf("SumSquares%s is %v, want %v", name, got, want)
		}

		const step = 0.3
		saved, before := guarded(n), widen(w)
		climbed, unit := widen(w), make([]float64, n)
		addAbsolute(unit, before)
		for i, g := range widen(grad) {
			climbed[i] += float64(float32(step)) * g
			unit[i] += math.Abs(g)
		}
		loops.Climb(saved, w, grad, step)
		compare(t, "Climb: saved"+name, saved, before, unit, exact)
		compare(t, "Climb"+name, w, climbed, unit, rounded)

		const scale, rate, decay, momentum = 0.5, 0.25, 0.125, 0.875 // Exact in float32.
		wantV, wantW := widen(v), widen(saved)
		for i, from := range widen(saved) {
			g := scale*float64(grad[i]) + decay*from
			wantV[i] = momentum*wantV[i] + g
			wantW[i] = from - rate*(g+momentum*wantV[i])
			unit[i] = math.Abs(from) + math.Abs(float64(grad[i])) + math.Abs(float64(v[i]))
		}
		inPlace, again := append([]float32(nil), saved...), append([]float32(nil), v...)
		loops.DescendNesterov(w, saved, v, grad, scale, rate, decay, momentum)
		compare(t, "DescendNesterov: v"+name, v, wantV, unit, rounded)
		compare(t, "DescendNesterov"+name, w, wantW, unit, rounded)
		loops.DescendNesterov(inPlace, inPlace, again, grad, scale, rate, decay, momentum)
		for i := range inPlace {
			if inPlace[i] != w[i] || again[i] != v[i] {
				t.Errorf("DescendNesterov%s in place: element %d is %v, want %v", name, i, inPlace[i], w[i])
			}
		}
	}
}
