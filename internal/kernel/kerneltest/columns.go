package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

// matrices are rows and columns of activations.
func matrices() [][2]int {
	var all [][2]int
	for _, rows := range sizes {
		for _, cols := range []int{1, 3, 5, 8, 16, 17, 24, 31, 40} {
			all = append(all, [2]int{rows, cols})
		}
	}
	return append(all, [2]int{3000, 24}, [2]int{100, 1153}, [2]int{20000, 3}, [2]int{5, 0})
}

func testAffine(t *testing.T, b kernel.Backend) {
	for i, m := range matrices() {
		rows, cols := m[0], m[1]
		for variant := range 4 {
			act := activations[(i+variant)%len(activations)]
			s := newSource()
			x, scale, y := s.normal(rows*cols), s.normal(cols), guarded(rows*cols)
			var shift, residual []float32
			if variant&1 != 0 {
				shift = s.normal(cols)
			}
			if variant&2 != 0 {
				residual = s.normal(rows * cols)
			}
			want, unit := make([]float64, rows*cols), make([]float64, rows*cols)
			for i := range want {
				want[i] = float64(x[i]) * float64(scale[i%cols])
				unit[i] = math.Abs(want[i])
				if shift != nil {
					want[i] += float64(shift[i%cols])
					unit[i] += math.Abs(float64(shift[i%cols]))
				}
				if residual != nil {
					want[i] += float64(residual[i])
					unit[i] += math.Abs(float64(residual[i]))
				}
			}
			naive.Activate(want, want, act)
			addAbsolute(unit, want)
			name := fmt.Sprintf("Affine(%d,%d,%v,%d)", rows, cols, act.Kind, variant)
			b.Affine(y, x, scale, shift, residual, rows, cols, act)
			compare(t, name, y, want, unit, activatedSum(act))
			if residual != nil {
				b.Affine(residual, x, scale, shift, residual, rows, cols, act)
				compare(t, name+" in place of the residual", residual, want, unit, activatedSum(act))
				continue
			}
			b.Affine(x, x, scale, shift, residual, rows, cols, act)
			compare(t, name+" in place", x, want, unit, activatedSum(act))
		}
	}
}

func testColumns(t *testing.T, b kernel.Backend) {
	for _, m := range matrices() {
		rows, cols := m[0], m[1]
		s := newSource()
		x, y := s.normal(rows*cols), s.normal(rows*cols)
		sums, dots := guarded(cols), guarded(cols)
		b.ColumnSums(sums, x, rows, cols)
		b.ColumnDots(dots, x, y, rows, cols)
		want, scale := columnSums(widen(x), rows, cols)
		compare(t, fmt.Sprintf("ColumnSums(%d,%d)", rows, cols), sums, want, scale, summed)
		products := widen(x)
		for i := range products {
			products[i] *= float64(y[i])
		}
		want, scale = columnSums(products, rows, cols)
		compare(t, fmt.Sprintf("ColumnDots(%d,%d)", rows, cols), dots, want, scale, summed)

		factors := s.normal(cols)
		scaled := widen(x)
		for i := range scaled {
			scaled[i] *= float64(factors[i%cols])
		}
		unit := make([]float64, len(scaled))
		addAbsolute(unit, scaled)
		b.ScaleDots(x, dots, x, y, factors, rows, cols)
		compare(t, fmt.Sprintf("ScaleDots(%d,%d): dots", rows, cols), dots, want, scale, summed)
		compare(t, fmt.Sprintf("ScaleDots(%d,%d)", rows, cols), x, scaled, unit, rounded)
	}
}

func testBatchNorm(t *testing.T, b kernel.Backend) {
	for _, m := range matrices() {
		rows, cols := m[0], m[1]
		if rows == 0 {
			continue
		}
		testBatchNormSize(t, b, rows, cols)
	}
}

// testBatchNormSize shifts the input far from zero, where the variance must
// not be a difference of squares.
func testBatchNormSize(t *testing.T, b kernel.Backend, rows, cols int) {
	name := fmt.Sprintf("(%d,%d)", rows, cols)
	s := newSource()
	x, dy, gamma := s.normal(rows*cols), s.normal(rows*cols), s.normal(cols)
	for i := range x {
		x[i] += 100
	}
	mean, variance := guarded(cols), guarded(cols)
	b.BatchStatistics(mean, variance, x, rows, cols)
	wantMean, wantVariance := make([]float64, cols), make([]float64, cols)
	naive.BatchStatistics(wantMean, wantVariance, widen(x), rows, cols, 1)
	compare(t, "BatchStatistics mean "+name, mean, wantMean, nil, summed)
	compare(t, "BatchStatistics variance "+name, variance, wantVariance, ones(cols), 16*summed)

	const guardVariance = 1e-3
	invStd := guarded(cols)
	for c := range invStd {
		invStd[c] = float32(1 / math.Sqrt(float64(variance[c])+guardVariance))
	}
	sumDy, sumDyXhat := guarded(cols), guarded(cols)
	b.BatchNormGradSums(sumDy, sumDyXhat, dy, x, mean, invStd, rows, cols)
	want, scale := columnSums(widen(dy), rows, cols)
	compare(t, "BatchNormGradSums dy "+name, sumDy, want, scale, summed)
	terms := make([]float64, rows*cols)
	for i := range terms {
		terms[i] = float64(dy[i]) * (float64(x[i]) - float64(mean[i%cols])) * float64(invStd[i%cols])
	}
	want, scale = columnSums(terms, rows, cols)
	compare(t, "BatchNormGradSums xhat "+name, sumDyXhat, want, scale, summed+rounded)

	dx := guarded(rows * cols)
	b.BatchNormGradInput(dx, dy, x, mean, invStd, gamma, sumDy, sumDyXhat, rows, cols)
	wantDx, scale := make([]float64, rows*cols), make([]float64, rows*cols)
	naive.BatchNormTrainingGradInput(wantDx, widen(dy), widen(x), widen(gamma), wantMean, wantVariance, guardVariance, rows, cols, 1)
	for i := range scale {
		scale[i] = 4 * math.Abs(float64(gamma[i%cols])) * float64(invStd[i%cols])
	}
	// The mean is rounded at 100, which the normalization magnifies.
	compare(t, "BatchNormGradInput "+name, dx, wantDx, scale, 100*float64(summed))
	b.BatchNormGradInput(dy, dy, x, mean, invStd, gamma, sumDy, sumDyXhat, rows, cols)
	compare(t, "BatchNormGradInput in place "+name, dy, wantDx, scale, 100*float64(summed))
}

func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}
