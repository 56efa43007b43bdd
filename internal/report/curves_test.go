package report

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
)

func TestEpochsOf(t *testing.T) {
	steps := []Step{{Epoch: 1}, {Epoch: 1}, {Epoch: 1}, {Epoch: 1}, {Epoch: 2}, {Epoch: 2}}
	if got, want := epochsOf(steps), []float64{0.25, 0.5, 0.75, 1, 1.25, 1.5}; !slices.Equal(got, want) {
		t.Errorf("epochsOf = %v, want %v", got, want)
	}
}

func TestSamStart(t *testing.T) {
	x := []float64{0.5, 1, 1.5, 2}
	late := []Step{{}, {PerturbedLoss: math.NaN()}, {PerturbedLoss: 1}, {PerturbedLoss: 1}}
	if got := samStart(late, x); got != 1 {
		t.Errorf("samStart = %v, want 1", got)
	}
	if got := samStart(late[2:], x); got != 0 {
		t.Errorf("samStart of SAM from the first step = %v, want 0", got)
	}
}

// TestSmooth checks that a straight line stays itself, ends included.
func TestSmooth(t *testing.T) {
	line := make(plotter.XYs, 400)
	for i := range line {
		line[i] = plotter.XY{X: float64(i), Y: 3 - 0.5*float64(i)}
	}
	for i, p := range smooth(line) {
		if !(math.Abs(p.Y-line[i].Y) <= 1e-9) {
			t.Errorf("smooth(line)[%d] = %v, want %v", i, p.Y, line[i].Y)
		}
	}
}

func TestThin(t *testing.T) {
	xys := plotter.XYs{{X: 0, Y: 1}, {X: 1, Y: 3}, {X: 2, Y: 5}, {X: 3, Y: 7}, {X: 4, Y: 9}}
	if got, want := thin(xys, 3), (plotter.XYs{{X: 0.5, Y: 2}, {X: 2.5, Y: 6}, {X: 4, Y: 9}}); !slices.Equal(got, want) {
		t.Errorf("thin = %v, want %v", got, want)
	}
}

func TestTicks(t *testing.T) {
	for _, test := range []struct {
		name      string
		ticker    plot.Ticker
		low, high float64
		want      []string
	}{
		{"whole epochs", epochTicks{}, 0, 3, []string{"0", "1", "2", "epoch 3"}},
		{"many epochs", epochTicks{}, 0, 30, []string{"0", "5", "10", "15", "20", "25", "epoch 30"}},
		{"percent", valueTicks{scale: 100, suffix: " %"}, 0.42, 1, []string{"60 %", "80 %", "100 %"}},
		{"quarters", valueTicks{scale: 1}, 0, 0.01, []string{"0.0000", "0.0025", "0.0050", "0.0075", "0.0100"}},
		{"logarithmic", logTicks{}, 0.9, 12, []string{"1", "2", "5", "10"}},
		{"within a power", logTicks{}, 2.1, 4.2, []string{"3", "4"}},
	} {
		var got []string
		for _, tick := range test.ticker.Ticks(test.low, test.high) {
			got = append(got, tick.Label)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
