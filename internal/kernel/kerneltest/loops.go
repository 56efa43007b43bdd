package kerneltest

import (
	"fmt"
	"math"
	"slices"
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
		if !slices.Equal(inPlace, w) || !slices.Equal(again, v) {
			t.Errorf("DescendNesterov%s in place: differs", name)
		}
		testAdamW(t, name, loops, s, n)
	}
}

func testAdamW(t *testing.T, name string, loops kernel.Loops, s source, n int) {
	w, from, m, v, grad := guarded(n), s.normal(n), s.normal(n), s.positive(n), s.normal(n)
	f := kernel.AdamW{Scale: 0.5, Keep: 0.75, First: 0.25, Beta2: 0.875, Second: 0.125, Correct: 2, Epsilon: 0.0625, Rate: 0.5} // Exact in float32.
	wantW, wantM, wantV := widen(from), widen(m), widen(v)
	unit := make([]float64, n)
	for i := range wantW {
		g := 0.5 * float64(grad[i])
		wantM[i] += 0.25 * (g - wantM[i])
		wantV[i] = 0.875*wantV[i] + 0.125*g*g
		unit[i] = math.Abs(wantW[i]) + math.Abs(float64(m[i])) + math.Abs(g) + wantV[i]
		wantW[i] = 0.75*wantW[i] - 0.5*wantM[i]/(2*math.Sqrt(wantV[i])+0.0625)
	}
	inPlace, m2, v2 := append([]float32(nil), from...), append([]float32(nil), m...), append([]float32(nil), v...)
	loops.DescendAdamW(w, from, m, v, grad, f)
	compare(t, "DescendAdamW: m"+name, m, wantM, unit, rounded)
	compare(t, "DescendAdamW: v"+name, v, wantV, unit, rounded)
	compare(t, "DescendAdamW"+name, w, wantW, unit, rounded)
	loops.DescendAdamW(inPlace, inPlace, m2, v2, grad, f)
	if !slices.Equal(inPlace, w) || !slices.Equal(m2, m) || !slices.Equal(v2, v) {
		t.Errorf("DescendAdamW%s in place: differs", name)
	}
}
