package finetune

import (
	"math"
	"strings"
	"testing"
	"time"
)

// idle returns a trainer that has made all but a few steps, and the notices
// that it gives.
func idle(c Config) (*trainer, *[]string) {
	var notices []string
	t := &trainer{
		config: c, engine: &engine{training: &machine{classes: 102}}, perEpoch: 64,
		observe: func(e Event) { notices = append(notices, e.Message) },
	}
	return t, &notices
}

func TestNoticeOfChance(t *testing.T) {
	for _, test := range []struct {
		name  string
		loss  float64
		epoch int
		step  int
		want  string // In the notice; "" is no notice.
	}{
		{"stalled", math.Log(102), 2, 128, "--sam-from"},
		{"first epoch", math.Log(102), 1, 64, ""},
		{"few steps", math.Log(102), 2, 4, ""},
		{"learning", 3, 2, 128, ""},
	} {
		trainer, notices := idle(Config{Optimizer: "sam", Rho: 0.05, SAMFrom: 1})
		trainer.step, trainer.meter = test.step, epochMeter{Rows: 10, LossSum: 10 * test.loss}
		trainer.warnOfChance(test.epoch)
		trainer.warnOfChance(test.epoch)
		if got := strings.Join(*notices, "|"); (got == "") != (test.want == "") || !strings.Contains(got, test.want) || strings.Contains(got, "|") {
			t.Errorf("%s: notices %q, want one with %q", test.name, got, test.want)
		}
	}
}

// One of two epochs is done in ten seconds; the other one has two passes.
func TestETACountsPasses(t *testing.T) {
	trainer, _ := idle(Config{Optimizer: "sam", Rho: 0.05, SAMFrom: 2, Epochs: 2})
	trainer.step, trainer.seconds = 64, 10
	if got, want := trainer.eta(), 20*time.Second; got != want {
		t.Errorf("eta = %v, want %v", got, want)
	}
}

func TestRhoBeginsAtItsEpoch(t *testing.T) {
	c := Config{Optimizer: "sam", Rho: 0.05, SAMFrom: 3}
	for epoch, want := range map[int]float64{1: 0, 2: 0, 3: 0.05, 9: 0.05} {
		if got := rho(c, epoch); got != want {
			t.Errorf("rho in epoch %d = %v, want %v", epoch, got, want)
		}
	}
	c.Optimizer = "adamw"
	if got := rho(c, 9); got != 0 {
		t.Errorf("rho of adamw = %v, want 0", got)
	}
}

func TestNewOptimizer(t *testing.T) {
	for _, name := range []string{"sam", "sgd", "adamw", "sam+sgd", "sam+adamw"} {
		if s, err := newOptimizer(Config{Optimizer: name}); err != nil || s.Base == nil {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	if _, err := newOptimizer(Config{Optimizer: "lion"}); err == nil {
		t.Error("lion: no error")
	}
}
