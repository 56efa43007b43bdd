package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

func testLayerNorm(t *testing.T, b kernel.Backend) {
	for _, rows := range []int{0, 1, 3, 40, 700} {
		for i, cols := range []int{1, 2, 7, 8, 9, 16, 17, 40, 96, 192, 769, 5000} {
			if rows*cols < 1<<18 {
				for variant := range 4 {
					testLayerNormSize(t, b, rows, cols, variant, i%2 == 0)
				}
			}
		}
	}
}

// testLayerNormSize normalizes rows around a mean of 3, by which sums in single
// precision would show if they were careless.
func testLayerNormSize(t *testing.T, b kernel.Backend, rows, cols, variant int, all bool) {
	name := fmt.Sprintf("LayerNorm(%d,%d,%d)", rows, cols, variant)
	const epsilonOfNorm = 1e-5
	s := newSource()
	n := rows * cols
	x, dy, y, dx := s.normal(n), s.normal(n), guarded(n), guarded(n)
	for i := range x {
		x[i] += 3
	}
	var scale, bias []float32
	if variant&1 != 0 {
		scale = s.positive(cols)
	}
	if variant&2 != 0 {
		bias = s.normal(cols)
	}
	mean, invStd := guarded(rows), guarded(rows)
	b.LayerNorm(y, mean, invStd, x, scale, bias, rows, cols, epsilonOfNorm)
	want, wantMean, wantInvStd := make([]float64, n), make([]float64, rows), make([]float64, rows)
	naive.LayerNorm(want, wantMean, wantInvStd, widen(x), widen(scale), widen(bias), rows, cols, epsilonOfNorm)
	unit := make([]float64, n)
	for i := range unit {
		r, c := i/cols, i%cols
		// What rounding the mean leaves, and the relative error of invStd.
		unit[i] = (math.Abs(float64(x[i])) + math.Abs(wantMean[r])) * wantInvStd[r]
		if scale != nil {
			unit[i] *= float64(scale[c])
		}
		if bias != nil {
			unit[i] += math.Abs(float64(bias[c]))
		}
	}
	compare(t, name, y, want, unit, summed)
	compare(t, name+" mean", mean, wantMean, largest(absolute(widen(x)), rows, cols), summed)
	compare(t, name+" invStd", invStd, wantInvStd, nil, 2*summed)
	testLayerNormGrad(t, b, name, dx, dy, x, scale, mean, invStd, rows, cols, all)
	b.LayerNorm(x, mean, invStd, x, scale, bias, rows, cols, epsilonOfNorm)
	compare(t, name+" in place", x, want, unit, summed)
}

// largest returns the largest number of each row.
func largest(x []float64, rows, cols int) []float64 {
	y := make([]float64, rows)
	for i, v := range x {
		y[i/cols] = max(y[i/cols], v)
	}
	return y
}

func testLayerNormGrad(t *testing.T, b kernel.Backend, name string, dx, dy, x, scale, mean, invStd []float32, rows, cols int, all bool) {
	t.Helper()
	n := rows * cols
	wantDx, wantScale, wantBias := make([]float64, n), make([]float64, cols), make([]float64, cols)
	naive.LayerNormGrad(wantDx, wantScale, wantBias, widen(dy), widen(x), widen(scale), widen(mean), widen(invStd), rows, cols)
	unit, unitScale, unitBias := make([]float64, n), make([]float64, cols), make([]float64, cols)
	sums := make([]float64, 2*rows) // Σ |g| and Σ |g·xhat|, and their means.
	wide := func(i int) (g, xhat float64) {
		r, c := i/cols, i%cols
		g = math.Abs(float64(dy[i]))
		xhat = (math.Abs(float64(x[i])) + math.Abs(float64(mean[r]))) * float64(invStd[r])
		unitScale[c] += g * xhat
		unitBias[c] += g
		if scale != nil {
			g *= float64(scale[c])
		}
		return g, xhat
	}
	for i := range n {
		g, xhat := wide(i)
		sums[2*(i/cols)] += g / float64(cols)
		sums[2*(i/cols)+1] += g * xhat / float64(cols)
	}
	for i := range n {
		g, xhat := wide(i)
		unit[i] = float64(invStd[i/cols]) * (g + sums[2*(i/cols)] + xhat*sums[2*(i/cols)+1])
	}
	dscale, dbias := guarded(cols), guarded(cols)
	b.LayerNormGrad(dx, dscale, dbias, dy, x, scale, mean, invStd, rows, cols)
	compare(t, name+" dx", dx, wantDx, unit, summed)
	compare(t, name+" dscale", dscale, wantScale, unitScale, summed)
	compare(t, name+" dbias", dbias, wantBias, unitBias, summed)
	if all { // Each alone, and in place.
		alone := guarded(cols)
		b.LayerNormGrad(nil, alone, nil, dy, x, scale, mean, invStd, rows, cols)
		compare(t, name+" dscale alone", alone, wantScale, unitScale, summed)
		b.LayerNormGrad(nil, nil, alone, dy, x, scale, mean, invStd, rows, cols)
		compare(t, name+" dbias alone", alone, wantBias, unitBias, summed)
		b.LayerNormGrad(dy, nil, nil, dy, x, scale, mean, invStd, rows, cols)
		compare(t, name+" dx in place", dy, wantDx, unit, summed)
	}
}
