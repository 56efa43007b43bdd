package sam

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/golden.json with python3 and PyTorch")

// goldenCase is a case of testdata/make_golden.py.
type goldenCase struct {
	Optimizer   string  `json:"optimizer"`
	LR          float64 `json:"lr"`
	WeightDecay float64 `json:"weight_decay"`
	Momentum    float64 `json:"momentum"`
	Nesterov    bool    `json:"nesterov"`
	NoDecayB    bool    `json:"no_decay_b"`
	LRScaleB    float64 `json:"lr_scale_b"`
	Rho         float64 `json:"rho"`
	SAMFrom     int     `json:"sam_from"`
	Clip        float64 `json:"clip"`
	Steps       []struct {
		Loss     float64   `json:"loss"`
		GradNorm float64   `json:"grad_norm"`
		A        []float64 `json:"a"`
		B        []float64 `json:"b"`
	} `json:"steps"`
}

func (c *goldenCase) base() Base {
	if c.Optimizer == "adamw" {
		return NewAdamW(c.WeightDecay)
	}
	return &SGD{Momentum: c.Momentum, Nesterov: c.Nesterov, WeightDecay: c.WeightDecay}
}

type goldenFile struct {
	A     []float32             `json:"a"`
	B     []float32             `json:"b"`
	Cases map[string]goldenCase `json:"cases"`
}

func readGolden(t *testing.T) goldenFile {
	t.Helper()
	if *update {
		if out, err := exec.Command("python3", "testdata/make_golden.py").CombinedOutput(); err != nil {
			t.Fatalf("make_golden.py: %v\n%s", err, out)
		}
	}
	data, err := os.ReadFile("testdata/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden goldenFile
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	return golden
}

// wavy fills the gradients of f(a, b) of make_golden.py, in float64 from
// float32 values and rounded once, and returns f.
func wavy(a, b *Param) float64 {
	loss := 0.0
	for i, v := range a.Value {
		x := float64(v)
		dx := x * (x*x - 1)
		loss += (x*x - 1) * (x*x - 1) / 4
		for _, u := range b.Value {
			y := float64(u)
			loss += math.Sin(x*y) / 2
			dx += math.Cos(x*y) * y / 2
		}
		a.Grad[i] = float32(dx)
	}
	for j, u := range b.Value {
		y := float64(u)
		dy := 0.2 * y
		loss += 0.1 * y * y
		for _, v := range a.Value {
			dy += math.Cos(float64(v)*y) * float64(v) / 2
		}
		b.Grad[j] = float32(dy)
	}
	return loss
}

func newParam(name string, value []float32) Param {
	return Param{Name: name, Value: append([]float32(nil), value...), Grad: make([]float32, len(value))}
}

// TestTraces compares every step with PyTorch's.
func TestTraces(t *testing.T) {
	golden := readGolden(t)
	for name, c := range golden.Cases {
		t.Run(name, func(t *testing.T) {
			params := []Param{newParam("a", golden.A), newParam("b", golden.B)}
			params[1].NoDecay, params[1].LearningRateScale = c.NoDecayB, c.LRScaleB
			optimizer := &SAM{Base: c.base(), ClipNorm: c.Clip}
			for k, want := range c.Steps {
				optimizer.Rho = 0
				if k >= c.SAMFrom {
					optimizer.Rho = c.Rho
				}
				stats, err := optimizer.Step(params, c.LR, func(Pass) (float64, error) { return wavy(&params[0], &params[1]), nil })
				if err != nil {
					t.Fatalf("step %d: %v", k, err)
				}
				checkNear(t, k, "loss", stats.Loss, want.Loss)
				checkNear(t, k, "gradNorm", stats.GradNorm, want.GradNorm)
				for i := range want.A {
					checkNear(t, k, fmt.Sprintf("a[%d]", i), float64(params[0].Value[i]), want.A[i])
				}
				for j := range want.B {
					checkNear(t, k, fmt.Sprintf("b[%d]", j), float64(params[1].Value[j]), want.B[j])
				}
				if t.Failed() {
					return
				}
			}
		})
	}
}

// traceTolerance is what 30 steps of float32 rounding leave, in another order
// than PyTorch's.
const traceTolerance = 2e-6

func checkNear(t *testing.T, step int, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= traceTolerance*max(1, math.Abs(want))) {
		t.Errorf("step %d: %s = %v, want %v", step, what, got, want)
	}
}
