package sam

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

// quadratic is the gradient of ½·Σ aᵢwᵢ² over all Params; a holds their
// coefficients in one row.
func quadratic(params []Param, a []float64) Gradient {
	return func(Pass) (float64, error) {
		loss, k := 0.0, 0
		for _, p := range params {
			for i, v := range p.Value {
				loss += a[k] * float64(v) * float64(v) / 2
				p.Grad[i] = float32(a[k] * float64(v))
				k++
			}
		}
		return loss, nil
	}
}

// TestClosedForm checks one step on ½·Σ aᵢwᵢ²: with ‖g‖² = Σ (aᵢwᵢ)² the
// gradient at w + ε is aᵢwᵢ(1 + rho·aᵢ/‖g‖).
func TestClosedForm(t *testing.T) {
	const rho, learningRate = 0.05, 0.1
	a := []float64{1, 4, 0.5, 9, 2}
	w := []float32{0.5, -1, 2, 0.25, 0}
	params := []Param{newParam("first", w[:2]), newParam("second", w[2:])}
	optimizer := &SAM{Base: &SGD{}, Rho: rho}
	stats, err := optimizer.Step(params, learningRate, quadratic(params, a))
	if err != nil {
		t.Fatal(err)
	}

	var loss, perturbedLoss, norm2, perturbedNorm2 float64
	for i, v := range w {
		loss += a[i] * float64(v) * float64(v) / 2
		norm2 += a[i] * a[i] * float64(v) * float64(v)
	}
	got := slices.Concat(params[0].Value, params[1].Value)
	for i, v := range w {
		climbed := float64(v) * (1 + rho*a[i]/math.Sqrt(norm2))
		perturbedLoss += a[i] * climbed * climbed / 2
		perturbedNorm2 += a[i] * a[i] * climbed * climbed
		want := float64(v) - learningRate*a[i]*climbed
		if !(math.Abs(float64(got[i])-want) <= 2e-7) {
			t.Errorf("w[%d] = %v, want %v", i, got[i], want)
		}
	}
	want := Stats{Loss: loss, GradNorm: math.Sqrt(norm2), PerturbedLoss: perturbedLoss, UpdateNorm: math.Sqrt(perturbedNorm2)}
	checkNear(t, 0, "Loss", stats.Loss, want.Loss)
	checkNear(t, 0, "GradNorm", stats.GradNorm, want.GradNorm)
	checkNear(t, 0, "PerturbedLoss", stats.PerturbedLoss, want.PerturbedLoss)
	checkNear(t, 0, "UpdateNorm", stats.UpdateNorm, want.UpdateNorm)
}

// TestPerturbationHasLengthRho measures ‖ε‖ at the perturbed pass.
func TestPerturbationHasLengthRho(t *testing.T) {
	w := []float32{3, -4, 12}
	params := []Param{newParam("w", w)}
	gradient := quadratic(params, []float64{1, 1, 1})
	length := 0.0
	optimizer := &SAM{Base: &SGD{}, Rho: 0.5}
	_, err := optimizer.Step(params, 0, func(p Pass) (float64, error) {
		if p == Perturbed {
			for i := range w {
				length = math.Hypot(length, float64(params[0].Value[i]-w[i]))
			}
		}
		return gradient(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(length-0.5) <= 1e-6) {
		t.Errorf("‖ε‖ = %v, want 0.5", length)
	}
	if !slices.Equal(params[0].Value, w) {
		t.Errorf("w = %v after a step of learning rate 0, want %v", params[0].Value, w)
	}
}

func TestZeroGradientStays(t *testing.T) {
	params := []Param{newParam("w", []float32{1, 2})}
	optimizer := &SAM{Base: &SGD{}, Rho: 0.05, ClipNorm: 1}
	if _, err := optimizer.Step(params, 0.1, func(Pass) (float64, error) { return 1, nil }); err != nil {
		t.Fatal(err)
	}
	if want := []float32{1, 2}; !slices.Equal(params[0].Value, want) {
		t.Errorf("w = %v, want %v", params[0].Value, want)
	}
}

func TestOnePassWithoutRho(t *testing.T) {
	params := []Param{newParam("w", []float32{1})}
	gradient := quadratic(params, []float64{1})
	var passes []Pass
	stats, err := (&SAM{Base: &SGD{}}).Step(params, 0.1, func(p Pass) (float64, error) {
		passes = append(passes, p)
		return gradient(p)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(passes, []Pass{Clean}) {
		t.Errorf("passes = %v, want one clean", passes)
	}
	if want := (Stats{Loss: 0.5, GradNorm: 1, PerturbedLoss: 0.5, UpdateNorm: 1}); stats != want {
		t.Errorf("stats = %+v, want %+v", stats, want)
	}
}

// TestErrorsKeepEverything checks that a step that ends in an error leaves
// weights and state as they were, bit by bit.
func TestErrorsKeepEverything(t *testing.T) {
	broken := errors.New("broken")
	nan, inf := math.NaN(), math.Inf(1)
	tests := []struct {
		name string
		at   Pass
		loss float64
		grad float32
		err  error
		want string
	}{
		{"error/clean", Clean, 1, 1, broken, "sam: clean pass: broken"},
		{"error/perturbed", Perturbed, 1, 1, broken, "sam: perturbed pass: broken"},
		{"loss/clean", Clean, nan, 1, nil, "sam: clean pass: loss is NaN"},
		{"loss/perturbed", Perturbed, inf, 1, nil, "sam: perturbed pass: loss is +Inf"},
		{"gradient/clean", Clean, 1, float32(nan), nil, "gradient norm is NaN"},
		{"gradient/perturbed", Perturbed, 1, float32(inf), nil, "gradient norm is +Inf"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			params := []Param{newParam("a", []float32{0.1, 0.7, -3}), newParam("b", []float32{1e-8, 5})}
			gradient := quadratic(params, []float64{1, 2, 3, 4, 5})
			optimizer := &SAM{Base: &SGD{Momentum: 0.9}, Rho: 0.3, ClipNorm: 1}
			if _, err := optimizer.Step(params, 0.1, gradient); err != nil {
				t.Fatal(err)
			}
			values := [][]float32{slices.Clone(params[0].Value), slices.Clone(params[1].Value)}
			before := optimizer.State()
			_, err := optimizer.Step(params, 0.1, func(p Pass) (float64, error) {
				loss, err := gradient(p)
				if p == test.at {
					params[1].Grad[1] *= test.grad
					loss, err = test.loss, test.err
				}
				return loss, err
			})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			var nonFinite *NonFiniteError
			if test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("error %v does not wrap %v", err, test.err)
			} else if test.err == nil && (!errors.As(err, &nonFinite) || nonFinite.Pass != test.at) {
				t.Errorf("error %#v, want a NonFiniteError of the %v pass", err, test.at)
			}
			for i, p := range params {
				if !slices.Equal(p.Value, values[i]) {
					t.Errorf("%s = %v, want %v", p.Name, p.Value, values[i])
				}
			}
			if after := optimizer.State(); !equalStates(after, before) {
				t.Errorf("state = %v, want %v", after, before)
			}
		})
	}
}

func TestClip(t *testing.T) {
	tests := []struct{ limit, want float64 }{{0, 5}, {10, 5}, {5.1, 5}, {1, 1}, {1e-3, 1e-3}}
	for _, test := range tests {
		params := []Param{newParam("a", []float32{3}), newParam("b", []float32{4})}
		stats, err := (&SAM{Base: &SGD{}, ClipNorm: test.limit}).Step(params, 0, quadratic(params, []float64{1, 1}))
		if err != nil {
			t.Fatal(err)
		}
		if got := normOf(params); !(math.Abs(got-test.want) <= 1e-6*test.want) {
			t.Errorf("clip %v: norm = %v, want %v", test.limit, got, test.want)
		}
		if stats.UpdateNorm != 5 {
			t.Errorf("clip %v: UpdateNorm = %v, want 5, as before clipping", test.limit, stats.UpdateNorm)
		}
	}
}

// TestGlobalNorm compares with a plain sum at the edges of lanes and blocks.
func TestGlobalNorm(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 3, 4, 5, blockLength - 1, blockLength, blockLength + 1, 3*blockLength + 2} {
		params := []Param{newParam("a", make([]float32, n)), newParam("b", make([]float32, 3))}
		sum := 0.0
		for _, p := range params {
			for i := range p.Grad {
				p.Grad[i] = float32(rng.NormFloat64())
				sum += float64(p.Grad[i]) * float64(p.Grad[i])
			}
		}
		if got, want := normOf(params), math.Sqrt(sum); !(math.Abs(got-want) <= 1e-12*want) {
			t.Errorf("n = %d: norm = %v, want %v", n, got, want)
		}
	}
}

func normOf(params []Param) float64 {
	var s sweep
	s.cut(params, nil, nil)
	return s.norm()
}

// TestParallel makes the same steps in any order and at once, and wants the
// same bytes.
func TestParallel(t *testing.T) {
	backwardsAtOnce := func(n int, do func(i int)) {
		var wait sync.WaitGroup
		for i := n - 1; i >= 0; i-- {
			wait.Go(func() { do(i) })
		}
		wait.Wait()
	}
	for name, base := range bases() {
		var want []Param
		for _, parallel := range []Parallel{nil, backwardsAtOnce} {
			params := bigParams(5*blockLength + 7)
			optimizer := &SAM{Base: base(), Rho: 0.05, ClipNorm: 1, Parallel: parallel}
			for range 3 {
				if _, err := optimizer.Step(params, 0.01, func(Pass) (float64, error) { return 1, nil }); err != nil {
					t.Fatal(err)
				}
			}
			if want == nil {
				want = params
			} else if !reflect.DeepEqual(params, want) {
				t.Errorf("%s: the weights differ from those of one block after another", name)
			}
		}
	}
}

// TestCustomPerturbation climbs on one of two Params only.
func TestCustomPerturbation(t *testing.T) {
	params := []Param{newParam("a", []float32{1}), newParam("b", []float32{1})}
	optimizer := &SAM{Base: &SGD{}, Rho: 1, Perturbation: func(params []Param, gradNorm, rho float64) {
		for i, g := range params[1].Grad {
			params[1].Value[i] += float32(rho) * g
		}
	}}
	if _, err := optimizer.Step(params, 0.5, quadratic(params, []float64{1, 1})); err != nil {
		t.Fatal(err)
	}
	if a, b := params[0].Value[0], params[1].Value[0]; a != 0.5 || b != 0 {
		t.Errorf("a, b = %v, %v, want 0.5, 0", a, b)
	}
}
