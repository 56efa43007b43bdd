package sam

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func equalStates(a, b State) bool {
	return a.Step == b.Step && maps.EqualFunc(a.Tensors, b.Tensors, slices.Equal)
}

func bases() map[string]func() Base {
	return map[string]func() Base{
		"sgd":      func() Base { return &SGD{WeightDecay: 0.1} },
		"momentum": func() Base { return &SGD{Momentum: 0.9} },
		"nesterov": func() Base { return &SGD{Momentum: 0.9, Nesterov: true} },
		"adamw":    func() Base { return NewAdamW(0.1) },
	}
}

func step(t *testing.T, optimizer Optimizer, params []Param) {
	t.Helper()
	_, err := optimizer.Step(params, 0.05, func(Pass) (float64, error) { return wavy(&params[0], &params[1]), nil })
	if err != nil {
		t.Fatal(err)
	}
}

// TestResume stops at every one of the first steps and continues in a new
// optimizer to the same bytes.
func TestResume(t *testing.T) {
	for name, base := range bases() {
		t.Run(name, func(t *testing.T) {
			for stop := range 3 {
				params := []Param{newParam("a", []float32{0.3, -1.7}), newParam("b", []float32{0.7, 2, -3})}
				optimizer := &SAM{Base: base(), Rho: 0.1}
				for range stop {
					step(t, optimizer, params)
				}
				state := optimizer.State()
				resumed := []Param{newParam("a", params[0].Value), newParam("b", params[1].Value)}
				other := &SAM{Base: base(), Rho: 0.1}
				if err := other.Restore(resumed, state); err != nil {
					t.Fatal(err)
				}
				for range 5 {
					step(t, optimizer, params)
					step(t, other, resumed)
				}
				for i, p := range params {
					if !slices.Equal(p.Value, resumed[i].Value) {
						t.Errorf("stop %d: %s = %v, want %v", stop, p.Name, resumed[i].Value, p.Value)
					}
				}
				if a, b := optimizer.State(), other.State(); !equalStates(a, b) {
					t.Errorf("stop %d: state = %v, want %v", stop, b, a)
				}
			}
		})
	}
}

// TestStateIsACopy checks that later steps leave a state alone, and the state
// them.
func TestStateIsACopy(t *testing.T) {
	params := []Param{newParam("a", []float32{0.3}), newParam("b", []float32{0.7})}
	optimizer := &SAM{Base: NewAdamW(0)}
	step(t, optimizer, params)
	state := optimizer.State()
	kept := slices.Clone(state.Tensors["first_moment/a"])
	step(t, optimizer, params)
	if got := state.Tensors["first_moment/a"]; !slices.Equal(got, kept) {
		t.Errorf("first_moment/a = %v after another step, want %v", got, kept)
	}
	if err := optimizer.Restore(params, state); err != nil {
		t.Fatal(err)
	}
	step(t, optimizer, params)
	if got := state.Tensors["first_moment/a"]; !slices.Equal(got, kept) {
		t.Errorf("first_moment/a = %v after Restore and a step, want %v", got, kept)
	}
}

func TestRestoreRefuses(t *testing.T) {
	params := []Param{newParam("a", []float32{0.3}), newParam("b", []float32{0.7, 1})}
	momentum := func(a, b []float32) map[string][]float32 {
		return map[string][]float32{"momentum/a": a, "momentum/b": b}
	}
	tests := []struct {
		name  string
		base  Base
		state State
		want  string
	}{
		{"missing", &SGD{Momentum: 0.9}, State{1, map[string][]float32{"momentum/a": {1}}}, "no tensor momentum/b"},
		{"length", &SGD{Momentum: 0.9}, State{1, momentum([]float32{1}, []float32{1})}, "momentum/b has 1 values, want 2"},
		{"adamw from sgd", NewAdamW(0), State{1, momentum([]float32{1}, []float32{1, 2})}, "no tensor first_moment/a"},
		{"sgd without momentum", &SGD{}, State{1, momentum([]float32{1}, []float32{1, 2})}, "state has 2 tensors, want 0"},
		{"fresh with tensors", &SGD{Momentum: 0.9}, State{0, momentum([]float32{1}, []float32{1, 2})}, "state has 2 tensors, want 0"},
	}
	for _, test := range tests {
		before := test.base.State()
		err := test.base.Restore(params, test.state)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
		if after := test.base.State(); !equalStates(after, before) {
			t.Errorf("%s: state changed to %v", test.name, after)
		}
	}
}

func TestOtherParamsPanic(t *testing.T) {
	a, b := newParam("a", []float32{1}), newParam("b", []float32{1, 2})
	tests := []struct {
		name          string
		first, second []Param
		want          string
	}{
		{"fewer", []Param{a, b}, []Param{a}, "1 parameters, 2 in the steps before"},
		{"renamed", []Param{a}, []Param{newParam("c", []float32{1})}, "parameter 0 is c of 1 values, a of 1"},
		{"longer", []Param{a}, []Param{newParam("a", []float32{1, 2})}, "parameter 0 is a of 2 values, a of 1"},
		{"twice", []Param{a, a}, nil, `two parameters are named "a"`},
		{"grad", []Param{{Name: "a", Value: make([]float32, 2), Grad: make([]float32, 3)}}, nil, "a: 2 values and 3 gradients"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, test.want) {
					t.Errorf("panic %q, want %q", got, test.want)
				}
			}()
			optimizer := &SAM{Base: &SGD{Momentum: 0.9}}
			for _, params := range [][]Param{test.first, test.second} {
				_, _ = optimizer.Step(params, 0.1, func(Pass) (float64, error) { return 0, nil })
			}
		})
	}
}

func bigParams(n int) []Param {
	rng := rand.New(rand.NewPCG(1, 2))
	params := []Param{newParam("a", make([]float32, n/2)), newParam("b", make([]float32, n-n/2))}
	for _, p := range params {
		for i := range p.Value {
			p.Value[i], p.Grad[i] = float32(rng.NormFloat64()), float32(rng.NormFloat64())
		}
	}
	return params
}

func TestNoAllocation(t *testing.T) {
	for name, base := range bases() {
		params := bigParams(1000)
		optimizer := &SAM{Base: base(), Rho: 0.05, ClipNorm: 1}
		run := func() {
			if _, err := optimizer.Step(params, 0.01, func(Pass) (float64, error) { return 1, nil }); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if n := testing.AllocsPerRun(10, run); n != 0 {
			t.Errorf("%s: %v allocations a step, want 0", name, n)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	const n = 4 << 20
	for name, base := range bases() {
		for _, rho := range []float64{0, 0.05} {
			method := "plain/"
			if rho != 0 {
				method = "sam/"
			}
			b.Run(method+name, func(b *testing.B) {
				params := bigParams(n)
				optimizer := &SAM{Base: base(), Rho: rho, ClipNorm: 5}
				for b.Loop() {
					if _, err := optimizer.Step(params, 1e-6, func(Pass) (float64, error) { return 1, nil }); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds()/1e6, "Mparam/s")
			})
		}
	}
}
