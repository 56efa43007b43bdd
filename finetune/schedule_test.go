package finetune

import (
	"math"
	"testing"
)

func TestScheduleFactor(t *testing.T) {
	for _, test := range []struct {
		kind          string
		total, warmup int
		step          int
		want          float64
	}{
		{"cosine", 100, 0, 0, 1},
		{"cosine", 100, 0, 50, 0.5},
		{"cosine", 100, 0, 99, 0.5 * (1 + math.Cos(math.Pi*0.99))},
		{"cosine", 100, 10, 0, 0.1},
		{"cosine", 100, 10, 4, 0.5 * 0.5 * (1 + math.Cos(math.Pi*0.04))},
		{"cosine", 100, 10, 50, 0.5},
		{"step", 8, 0, 3, 1},
		{"step", 8, 0, 4, 0.1},
		{"step", 8, 0, 6, 0.01},
		{"constant", 8, 4, 1, 0.5},
		{"constant", 8, 4, 7, 1},
	} {
		s := schedule{kind: test.kind, total: test.total, warmup: test.warmup}
		if got := s.factor(test.step); math.Abs(got-test.want) > 1e-15 {
			t.Errorf("%+v: factor(%d) = %v, want %v", s, test.step, got, test.want)
		}
	}
}

func TestWarmupIsInEpochs(t *testing.T) {
	if got := newSchedule(Config{Epochs: 3, Warmup: 0.5}, 64); got.warmup != 32 || got.total != 192 {
		t.Errorf("schedule %+v, want 32 steps of 192", got)
	}
}
