package kerneltest

import (
	"math"
	"slices"
	"testing"

	"finetune/internal/kernel"
)

// testGradFinish compares what run computes, the operation called name, with dx, the result
// of ConvGradInput: the gradient is the same to the last bit.
func testGradFinish(t *testing.T, b kernel.Backend, g kernel.Conv, dx []float32, act kernel.Activation, norm, plus bool, name string, run func(dx []float32, f kernel.GradFinish)) {
	s := newSource()
	n, _, _ := convSizes(g)
	f := kernel.GradFinish{Act: act, Sums: guarded(g.C)}
	if act.Kind != kernel.Identity {
		f.Y = s.normal(n)
	}
	if plus {
		f.Plus = s.normal(n)
		sum := make([]float32, n)
		b.Add(sum, dx, f.Plus)
		dx = sum
	}
	if norm {
		f.X, f.Mean, f.InvStd, f.SumsXhat = s.normal(n), s.normal(g.C), s.positive(g.C), guarded(g.C)
	}
	got, want := guarded(n), make([]float32, n)
	run(got, f)
	if act.Kind == kernel.Identity {
		copy(want, dx)
	} else {
		b.ActivateGrad(want, dx, nil, f.Y, act)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s (%v, plus %t): not the gradient of ConvGradInput, Add and ActivateGrad, of %+v", name, act.Kind, plus, g)
	}
	checkGuards(t, name+" dx", got)
	sums, scale := make([]float64, g.C), make([]float64, g.C)
	sumsXhat, scaleXhat := make([]float64, g.C), make([]float64, g.C)
	for i, d := range widen(want) {
		c := i % g.C
		sums[c] += d
		scale[c] += max(d, -d)
		if norm {
			x, mean, r := float64(f.X[i]), float64(f.Mean[c]), float64(f.InvStd[c])
			sumsXhat[c] += d * (x - mean) * r
			scaleXhat[c] += math.Abs(d) * (math.Abs(x) + math.Abs(mean)) * r
		}
	}
	compare(t, name+" sums", f.Sums, sums, scale, summed)
	if norm {
		compare(t, name+" sums of xhat", f.SumsXhat, sumsXhat, scaleXhat, summed)
	}
}
