package report

import (
	"html/template"
	"math"

	"gonum.org/v1/plot/plotter"
)

// A figure is a chart on the page.
type figure struct {
	Title, Unit string
	Legend      []legendEntry
	Mark        string
	SVG         template.HTML
}

type legendEntry struct{ Name, Tone string }

// figures draws the curves that d has values for.
func figures(d Data) ([]figure, error) {
	x := epochsOf(d.Steps)
	sam := samStart(d.Steps, x)
	charts := []chart{lossChart(d, x), accuracyChart(d), gradNormChart(d, x), learningRateChart(d, x)}
	var figures []figure
	for _, c := range charts {
		if len(c.series) == 0 {
			continue
		}
		c.epochs = lastEpoch(d)
		if sam > 0 {
			c.mark, c.markName = sam, "SAM starts"
		}
		svg, err := c.svg()
		if err != nil {
			return nil, err
		}
		f := figure{Title: c.title, Unit: c.unit, SVG: svg, Mark: c.markName}
		for _, s := range c.series {
			if s.name != "" {
				f.Legend = append(f.Legend, legendEntry{s.name, toneNames[s.tone]})
			}
		}
		figures = append(figures, f)
	}
	return figures, nil
}

// epochsOf returns where each step stands on the axis of epochs: the third of
// four steps of the second epoch ends at 1.75. An epoch that was not finished
// is as long as the longest.
func epochsOf(steps []Step) []float64 {
	count := map[int]int{}
	longest := 0
	for _, s := range steps {
		count[s.Epoch]++
		longest = max(longest, count[s.Epoch])
	}
	x := make([]float64, len(steps))
	seen := map[int]int{}
	for i, s := range steps {
		seen[s.Epoch]++
		x[i] = float64(s.Epoch-1) + float64(seen[s.Epoch])/float64(longest)
	}
	return x
}

// samStart returns where the first SAM step stands, or 0 when that is the
// first step of all or there is none.
func samStart(steps []Step, x []float64) float64 {
	for i, s := range steps {
		if measured(s.PerturbedLoss) {
			if i == 0 {
				return 0
			}
			return x[i-1]
		}
	}
	return 0
}

func lastEpoch(d Data) int {
	last := 1
	for _, s := range d.Steps {
		last = max(last, s.Epoch)
	}
	for _, e := range d.Epochs {
		last = max(last, e.Epoch)
	}
	return last
}

// measured tells a value from the NaN or 0 that stands for its absence.
func measured(v float64) bool { return v != 0 && !math.IsNaN(v) && !math.IsInf(v, 0) }

// points pairs x with the measured values of the steps.
func points(steps []Step, x []float64, value func(Step) float64) plotter.XYs {
	var xys plotter.XYs
	for i, s := range steps {
		if v := value(s); measured(v) {
			xys = append(xys, plotter.XY{X: x[i], Y: v})
		}
	}
	return xys
}

func lossChart(d Data, x []float64) chart {
	c := chart{title: "Loss", unit: "cross-entropy", zero: true}
	clean := points(d.Steps, x, func(s Step) float64 { return s.Loss })
	perturbed := points(d.Steps, x, func(s Step) float64 { return s.PerturbedLoss })
	if len(clean) == 0 {
		return c
	}
	c.series = append(c.series, series{tone: faint, xys: thin(clean, 400)})
	if len(perturbed) > 0 {
		c.series = append(c.series, series{name: "training, at the perturbed weights", tone: second, xys: thin(smooth(perturbed), 250)})
	}
	c.series = append(c.series, series{name: "training, smoothed", tone: first, xys: thin(smooth(clean), 250)})
	if evaluated := epochPoints(d.Epochs, func(e Epoch) float64 { return evaluatedOnly(e, e.Loss) }); len(evaluated) > 0 {
		c.series = append(c.series, series{name: "evaluation", tone: third, dots: true, xys: evaluated})
	}
	return c
}

func accuracyChart(d Data) chart {
	c := chart{title: "Accuracy", unit: "top-1", percent: true}
	if train := epochPoints(d.Epochs, func(e Epoch) float64 { return e.TrainAccuracy }); len(train) > 0 {
		c.series = append(c.series, series{name: "training, augmented", tone: first, dots: true, xys: train})
	}
	if top1 := epochPoints(d.Epochs, func(e Epoch) float64 { return evaluatedOnly(e, e.Top1) }); len(top1) > 0 {
		c.series = append(c.series, series{name: "evaluation", tone: third, dots: true, xys: top1})
	}
	return c
}

func gradNormChart(d Data, x []float64) chart {
	c := chart{title: "Gradient norm", unit: "before clipping, logarithmic", logarithmic: true}
	norms := points(d.Steps, x, func(s Step) float64 { return max(0, s.GradNorm) })
	if len(norms) == 0 {
		return c
	}
	c.series = []series{
		{tone: faint, xys: thin(norms, 400)},
		{name: "smoothed", tone: first, xys: thin(smooth(norms), 250)},
	}
	return c
}

func learningRateChart(d Data, x []float64) chart {
	c := chart{title: "Learning rate", unit: "of the backbone", zero: true}
	if rates := points(d.Steps, x, func(s Step) float64 { return s.LearningRate }); len(rates) > 0 {
		c.series = []series{{tone: first, xys: thin(rates, 250)}}
	}
	return c
}

func evaluatedOnly(e Epoch, v float64) float64 {
	if !e.Evaluated {
		return 0
	}
	return v
}

func epochPoints(epochs []Epoch, value func(Epoch) float64) plotter.XYs {
	var xys plotter.XYs
	for _, e := range epochs {
		if v := value(e); measured(v) {
			xys = append(xys, plotter.XY{X: float64(e.Epoch), Y: v})
		}
	}
	return xys
}

// smooth is a moving average with weights that fall linearly from each point
// to a fortieth of all points away; near the ends its window shrinks, so the
// curve neither lags nor bends there.
func smooth(xys plotter.XYs) plotter.XYs {
	out := make(plotter.XYs, len(xys))
	for i, p := range xys {
		half := min(len(xys)/40+1, i+1, len(xys)-i)
		sum, weights := 0.0, 0.0
		for k := 1 - half; k < half; k++ {
			weight := float64(half - max(k, -k))
			sum += weight * xys[i+k].Y
			weights += weight
		}
		out[i] = plotter.XY{X: p.X, Y: sum / weights}
	}
	return out
}

// thin keeps at most about limit points: the mean of each run of neighbours.
func thin(xys plotter.XYs, limit int) plotter.XYs {
	run := (len(xys) + limit - 1) / limit
	if run <= 1 {
		return xys
	}
	var out plotter.XYs
	for start := 0; start < len(xys); start += run {
		part := xys[start:min(start+run, len(xys))]
		var sum plotter.XY
		for _, p := range part {
			sum.X += p.X
			sum.Y += p.Y
		}
		out = append(out, plotter.XY{X: sum.X / float64(len(part)), Y: sum.Y / float64(len(part))})
	}
	return out
}
