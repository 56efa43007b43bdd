package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// niceSteps are the distances, times a power of ten, that ticks may have.
var niceSteps = [...]float64{1, 2, 2.5, 5, 10}

// ticksBetween returns at most limit+1 ticks at multiples of a round distance.
func ticksBetween(low, high float64, limit int, label func(v, step float64) string) []plot.Tick {
	if !(high > low) {
		return nil
	}
	step := niceStep((high - low) / float64(limit))
	var ticks []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high+1e-9*step; i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: label(i*step, step)})
	}
	return ticks
}

func niceStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, s := range niceSteps {
		if s*power >= least*(1-1e-9) {
			return s * power
		}
	}
	return 10 * power
}

// decimals returns how many digits after the point tell multiples of step apart.
func decimals(step float64) int {
	for n := range 9 {
		scaled := step * math.Pow10(n)
		if math.Abs(scaled-math.Round(scaled)) < 1e-6*scaled {
			return n
		}
	}
	return 9
}

// valueTicks marks round values times scale.
type valueTicks struct {
	scale  float64
	suffix string
}

func (t valueTicks) Ticks(low, high float64) []plot.Tick {
	ticks := ticksBetween(low*t.scale, high*t.scale, 4, func(v, step float64) string {
		return strconv.FormatFloat(v+0, 'f', decimals(step), 64) + t.suffix
	})
	for i := range ticks {
		ticks[i].Value /= t.scale
	}
	return ticks
}

// epochTicks marks whole epochs.
type epochTicks struct{}

func (epochTicks) Ticks(low, high float64) []plot.Tick {
	limit := min(8, max(1, int(high-low)))
	ticks := ticksBetween(low, high, limit, func(v, step float64) string {
		return strconv.FormatFloat(v+0, 'f', decimals(step), 64)
	})
	if n := len(ticks); n > 0 {
		ticks[n-1].Label = "epoch " + ticks[n-1].Label
	}
	return ticks
}

// logTicks marks 1, 2 and 5 times powers of ten, or round values where there
// are not two of these.
type logTicks struct{}

func (logTicks) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	factors := []float64{1, 2, 5}
	if high/low > 300 {
		factors = factors[:1]
	}
	for p := math.Floor(math.Log10(low)); p <= math.Log10(high); p++ {
		for _, f := range factors {
			if v := f * math.Pow(10, p); v >= low && v <= high {
				ticks = append(ticks, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'g', 3, 64)})
			}
		}
	}
	if len(ticks) < 2 {
		return valueTicks{scale: 1}.Ticks(low, high)
	}
	return ticks
}
