package gokernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A toomCook is the matrices of a Winograd convolution with r weights to m
// outputs by points of interpolation, of which the last is infinity (Barabasz
// et al., 2020, https://arxiv.org/abs/1803.10986, section 2).
type toomCook struct{ a, b, g [][]float64 } // [n, m], [n, n] and [n, r]; n = m+r-1.

func newToomCook(finite []float64, m, r int) toomCook {
	n := m + r - 1
	var t toomCook
	for i := range n {
		product := []float64{1} // Of x − q over all points q but the i-th.
		norm := 1.0
		for k, q := range finite {
			if k == i {
				continue
			}
			next := make([]float64, len(product)+1)
			for p, v := range product {
				next[p+1] += v
				next[p] -= q * v
			}
			product = next
			if i < n-1 {
				norm *= finite[i] - q
			}
		}
		a, b, g := make([]float64, m), make([]float64, n), make([]float64, r)
		copy(b, product)
		a[m-1], g[r-1] = 1, 1
		for k := 0; i < n-1 && k < max(m, r); k++ {
			power := math.Pow(finite[i], float64(k))
			if k < m {
				a[k] = power
			}
			if k < r {
				g[k] = power / norm
			}
		}
		t.a, t.b, t.g = append(t.a, a), append(t.b, b), append(t.g, g)
	}
	return t
}

// TestWinogradLines: the lines are the products with the matrices that follow
// from the points.
func TestWinogradLines(t *testing.T) {
	k := newToomCook([]float64{0, winogradA, -winogradA, winogradB, -winogradB}, 4, 3)
	for _, l := range []struct {
		name   string
		line   winogradLine
		matrix [][]float64
	}{
		{"input", inputLine, k.b},
		{"weights", weightsLine, k.g},
		{"weightsGrad", weightsGradLine, transposed(k.g)},
		{"output", outputLine, transposed(k.a)},
		{"outputGrad", outputGradLine, k.a},
	} {
		for c := range l.matrix[0] {
			var v [winogradInput]float32
			v[c] = 1
			l.line(&v)
			for r, row := range l.matrix {
				if !(math.Abs(float64(v[r])-row[c]) <= 1e-6) {
					t.Errorf("%s[%d][%d] = %v, want %v", l.name, r, c, v[r], row[c])
				}
			}
		}
	}
}

// TestWinogradPoints: of the points in use, no others that are customary lose
// less. Errors are shares of the root mean square of sums of 576 products.
func TestWinogradPoints(t *testing.T) {
	const channels = 64
	used := newToomCook([]float64{0, winogradA, -winogradA, winogradB, -winogradB}, 4, 3).roundingError(channels)
	t.Logf("0, ±5/8, ±3/2: %.2g", used)
	for name, points := range map[string][]float64{
		"0, ±1, ±2":      {0, 1, -1, 2, -2},
		"0, ±1, ±1/2":    {0, 1, -1, 0.5, -0.5},
		"0, ±1, 1/2, -2": {0, 1, -1, 0.5, -2},
		"0, ±3/4, ±3/2":  {0, 0.75, -0.75, 1.5, -1.5},
	} {
		got := newToomCook(points, 4, 3).roundingError(channels)
		t.Logf("%s: %.2g", name, got)
		if !(got > used) {
			t.Errorf("%s: error %.2g, want more than %.2g, that of the points in use", name, got, used)
		}
	}
	t.Logf("F(2×2): 0, ±1: %.2g", newToomCook([]float64{0, 1, -1}, 2, 3).roundingError(channels))
}

// roundingError returns the error of tiles in float32 with normal operands, as
// a share of the result, both as root mean squares.
func (k toomCook) roundingError(channels int) float64 {
	n, r, m := len(k.b), len(k.g[0]), len(k.a[0])
	random := rand.New(rand.NewPCG(1, 2))
	var errors, squares float64
	for range 60 {
		sum, want := zeros(n), zeros(m)
		for range channels {
			x, w := zeros(n), zeros(r)
			for _, s := range [][][]float64{x, w} {
				for i := range s {
					for j := range s[i] {
						s[i][j] = float64(float32(random.NormFloat64()))
					}
				}
			}
			tx, tw := sandwich(k.b, x), sandwich(k.g, w)
			for i := range sum {
				for j := range sum[i] {
					sum[i][j] = float64(float32(sum[i][j]) + float32(tx[i][j])*float32(tw[i][j]))
				}
			}
			for i := range m * m * r * r {
				y, tap := i/(r*r), i%(r*r)
				want[y/m][y%m] += x[y/m+tap/r][y%m+tap%r] * w[tap/r][tap%r]
			}
		}
		for i, row := range sandwich(transposed(k.a), sum) {
			for j, v := range row {
				e := v - want[i][j]
				errors, squares = errors+e*e, squares+want[i][j]*want[i][j]
			}
		}
	}
	return math.Sqrt(errors / squares)
}

// sandwich returns l·x·lᵀ in float32.
func sandwich(l, x [][]float64) [][]float64 { return times32(l, transposed(times32(l, transposed(x)))) }

// times32 returns l·x, summed in float32.
func times32(l, x [][]float64) [][]float64 {
	y := make([][]float64, len(l))
	for i := range l {
		y[i] = make([]float64, len(x[0]))
		for j := range y[i] {
			var sum float32
			for k, v := range l[i] {
				sum += float32(v) * float32(x[k][j])
			}
			y[i][j] = float64(sum)
		}
	}
	return y
}

func transposed(x [][]float64) [][]float64 {
	y := make([][]float64, len(x[0]))
	for i := range y {
		for _, row := range x {
			y[i] = append(y[i], row[i])
		}
	}
	return y
}

func zeros(n int) [][]float64 {
	x := make([][]float64, n)
	for i := range x {
		x[i] = make([]float64, n)
	}
	return x
}
