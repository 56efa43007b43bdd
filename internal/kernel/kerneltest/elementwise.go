package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

// edges returns n numbers among which are the bounds of the activations.
func (s source) edges(n int) []float32 {
	x := s.normal(n)
	special := []float32{0, 6, -3, 3, 0.5, -1, 7, -100, 100}
	for i := range x {
		x[i] *= 4
		if i%3 == 1 {
			x[i] = special[i/3%len(special)]
		}
	}
	return x
}

func testActivate(t *testing.T, b kernel.Backend) {
	for _, act := range activations {
		for _, n := range append(sizes, 40, 20000) {
			name := fmt.Sprintf("%v(%v,%v) of %d", act.Kind, act.Alpha, act.Beta, n)
			x, y := newSource().edges(n), guarded(n)
			b.Activate(y, x, act)
			want := make([]float64, n)
			naive.Activate(want, widen(x), act)
			scale := absolute(want)
			if !act.FromOutput() { // Near -3 HardSwish's sum x/6+½ cancels.
				scale = absolute(widen(x))
			}
			compare(t, "Activate "+name, y, want, scale, elementTolerance(act))
			testActivateGrad(t, b, name, act, x, y)
			b.Activate(x, x, act)
			compare(t, "Activate in place "+name, x, want, scale, elementTolerance(act))
		}
		if act.Kind != kernel.LeakyRelu {
			testActivateNaN(t, b, act)
		}
	}
}

func elementTolerance(act kernel.Activation) float64 {
	switch act.Kind {
	case kernel.Identity, kernel.Clip:
		return exact
	case kernel.Sigmoid, kernel.Swish, kernel.Gelu:
		return exponents
	}
	return rounded
}

func testActivateGrad(t *testing.T, b kernel.Backend, name string, act kernel.Activation, x, y []float32) {
	t.Helper()
	n := len(x)
	dy, dx := newSource().normal(n), guarded(n)
	want := make([]float64, n)
	naive.ActivateGrad(want, widen(dy), widen(x), act)
	if act.FromOutput() {
		x = nil
	} else {
		y = nil
	}
	tolerance := elementTolerance(act)
	scale := absolute(widen(dy))
	b.ActivateGrad(dx, dy, x, y, act)
	compare(t, "ActivateGrad "+name, dx, want, scale, tolerance)
	for _, cols := range []int{1, 5, 8, 20} {
		if n == 0 || n%cols != 0 {
			continue
		}
		dx, sums := guarded(n), guarded(cols)
		b.ActivateGradSums(dx, sums, dy, x, y, n/cols, cols, act)
		compare(t, "ActivateGradSums dx "+name, dx, want, scale, tolerance)
		wantSums, _ := columnSums(want, n/cols, cols)
		_, scales := columnSums(scale, n/cols, cols)
		compare(t, "ActivateGradSums sums "+name, sums, wantSums, scales, summed+tolerance)
	}
	b.ActivateGrad(dy, dy, x, y, act)
	compare(t, "ActivateGrad in place "+name, dy, want, scale, tolerance)
}

// testActivateNaN fails if NaN turns into a number.
func testActivateNaN(t *testing.T, b kernel.Backend, act kernel.Activation) {
	x, y := guarded(9), make([]float32, 9)
	b.Activate(y, x, act)
	for i, v := range y {
		if v == v {
			t.Errorf("Activate %v: act(NaN)[%d] = %v, want NaN", act.Kind, i, v)
		}
	}
}

// columnSums returns the sums over rows of x and of |x|.
func columnSums(x []float64, rows, cols int) (sums, absolute []float64) {
	sums, absolute = make([]float64, cols), make([]float64, cols)
	for i := range rows * cols {
		sums[i%cols] += x[i]
		absolute[i%cols] += math.Abs(x[i])
	}
	return sums, absolute
}

func testElementwise(t *testing.T, b kernel.Backend) {
	for _, n := range append(sizes, 31, 20000) {
		s := newSource()
		x, y, sum, product := s.normal(n), s.normal(n), guarded(n), guarded(n)
		wantSum, wantProduct := make([]float64, n), make([]float64, n)
		for i := range n {
			wantSum[i], wantProduct[i] = float64(x[i]+y[i]), float64(x[i]*y[i])
		}
		b.Add(sum, x, y)
		b.Mul(product, x, y)
		compare(t, "Add", sum, wantSum, nil, exact)
		compare(t, "Mul", product, wantProduct, nil, exact)
		copy(product, y)
		b.Add(product, x, product)
		compare(t, "Add in place", product, wantSum, nil, exact)
		b.Mul(x, x, y)
		compare(t, "Mul in place", x, wantProduct, nil, exact)
	}
}
