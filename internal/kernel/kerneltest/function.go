package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

// A bound is how far a function and its derivative may be off at x, in units of
// their size.
type bound struct {
	kind          kernel.ActivationKind
	value, slope  float64
	growing       bool // By 1+x²/2 times that: e^(−x²/2) of a rounded exponent.
	addendsOfGrad bool // The derivative's unit is the sum of its terms' magnitudes.
}

const (
	ulp            = epsilon // A unit in the last place, at most, as a share of the number.
	smallestNormal = 0x1p-126
)

var bounds = []bound{
	{kind: kernel.Exp, value: 2 * ulp, slope: 3 * ulp},
	{kind: kernel.Tanh, value: 3 * ulp, slope: 3 * ulp, addendsOfGrad: true},
	{kind: kernel.Erf, value: 4 * ulp, slope: 3 * ulp, growing: true},
	{kind: kernel.Sigmoid, value: 3 * ulp, slope: 3 * ulp, addendsOfGrad: true},
	{kind: kernel.Swish, value: 4 * ulp, slope: 6 * ulp, addendsOfGrad: true},
	{kind: kernel.Gelu, value: 6 * ulp, slope: 6 * ulp, growing: true, addendsOfGrad: true},
	{kind: kernel.HardSwish, value: 3 * ulp, slope: 3 * ulp, addendsOfGrad: true},
}

// unit returns what the error of the derivative at x is measured by, where the
// function is y.
func (c bound) unit(x, y, slope float64) float64 {
	if !c.addendsOfGrad {
		return math.Abs(slope)
	}
	switch c.kind {
	case kernel.Swish:
		s := 1 / (1 + math.Exp(-x))
		return s + math.Abs(x)*s*(1-s)
	case kernel.Gelu:
		return 0.5*math.Erfc(-x/math.Sqrt2) + math.Abs(x)*math.Exp(-0.5*x*x)/math.Sqrt(2*math.Pi)
	}
	return 1
}

// testFunctions compares the functions with double precision at a million numbers
// of all exponents and both signs, and at those that are none.
func testFunctions(t *testing.T, b kernel.Backend) {
	x := everyExponent()
	for _, c := range bounds {
		act := kernel.Activation{Kind: c.kind}
		want, slopes, ones := make([]float64, len(x)), make([]float64, len(x)), make([]float64, len(x))
		for i := range ones {
			ones[i] = 1
		}
		naive.Activate(want, widen(x), act)
		naive.ActivateGrad(slopes, ones, widen(x), act)
		units, slopeUnits := make([]float64, len(x)), make([]float64, len(x))
		for i, v := range widen(x) {
			grows := 1.0
			if c.growing {
				grows += min(0.5*v*v, 1e9)
			}
			flushed := (1 + min(math.Abs(v), 1e3)) * smallestNormal // e^−|x| below it may be 0.
			units[i] = grows*math.Abs(want[i]) + flushed/c.value
			slopeUnits[i] = grows*c.unit(v, want[i], slopes[i]) + flushed/c.slope
		}
		if c.kind == kernel.HardSwish { // Near -3 the sum x/6+½ cancels.
			units = absolute(widen(x))
		}
		// In pieces of many lengths, for the ends of loops.
		dy := guarded(len(x))
		for i := range dy {
			dy[i] = 1
		}
		for at, length := 0, 0; at < len(x); length = (length + 1) % 70 {
			end := min(at+length, len(x))
			if length == 69 {
				end = min(at+100000, len(x))
			}
			y, dx := guarded(end-at), guarded(end-at)
			b.Activate(y, x[at:end], act)
			name := fmt.Sprintf("%v of %v…", c.kind, x[at:min(at+1, end)])
			compareRounded(t, name, y, want[at:end], units[at:end], c.value)
			from := x[at:end]
			if act.FromOutput() {
				from = y
			}
			b.ActivateGrad(dx, dy[at:end], from, from, act)
			compareRounded(t, "gradient of "+name, dx, slopes[at:end], slopeUnits[at:end], c.slope)
			at = end
			if t.Failed() {
				return
			}
		}
	}
}

// compareRounded is compare for results that may be beyond single precision: those
// are ∞, and 0 is as good as what is below its normal numbers.
func compareRounded(t *testing.T, name string, got []float32, want, units []float64, tolerance float64) {
	t.Helper()
	rounded := make([]float64, len(want))
	for i, w := range want {
		rounded[i] = w
		if math.Abs(w) > math.MaxFloat32 {
			rounded[i] = math.Inf(int(math.Copysign(1, w)))
			if g := math.Abs(float64(got[i])); !math.IsInf(g, 0) && math.Abs(w) < math.MaxFloat32*(1+tolerance) {
				rounded[i] = w
			}
		}
	}
	compare(t, name, got, rounded, units, tolerance)
}

// everyExponent returns numbers of all exponents, zeros, infinities and a NaN,
// between guards.
func everyExponent() []float32 {
	const step = 4099
	x := guarded(1<<32/step + 1)
	for i := range x {
		x[i] = math.Float32frombits(uint32(i) * step)
		if x[i] != x[i] {
			x[i] = float32(i%2000)/100 - 10
		}
	}
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 88.72283, 88.72284, -87.33654, -87.33655, -103.97, -104, 150, -150, 0.5, -0.5, 0.625, 3, -3}
	for i, v := range special {
		x[i] = float32(v)
	}
	return x
}

// testExpDenormal checks that Exp is right below the normal numbers too, where
// compare allows anything: half a unit of the smallest is all that rounding loses.
func testExpDenormal(t *testing.T, b kernel.Backend) {
	const smallest = 1.401298464324817e-45
	x := guarded(2000)
	for i := range x {
		x[i] = float32(-86 - 20*float64(i)/float64(len(x)))
	}
	y := guarded(len(x))
	b.Activate(y, x, kernel.Activation{Kind: kernel.Exp})
	for i, v := range x {
		want := math.Exp(float64(v))
		if off := math.Abs(float64(y[i]) - want); !(off <= 0.51*smallest+2*ulp*want) {
			t.Errorf("exp(%v) = %v, want %v", v, y[i], want)
		}
	}
}
