package finetune

import "math"

// A schedule gives the learning rate of every step.
type schedule struct {
	kind   string // cosine, step or constant.
	total  int    // Steps of the run.
	warmup int    // Steps of linear warm-up.
}

func newSchedule(c Config, stepsPerEpoch int) schedule {
	return schedule{
		kind:   c.Schedule,
		total:  c.Epochs * stepsPerEpoch,
		warmup: int(math.Round(c.Warmup * float64(stepsPerEpoch))),
	}
}

// factor returns what the peak learning rate is multiplied by at a step,
// counted from 0: the linear warm-up times
//
//	cosine    ½(1 + cos(π·step/total))  (Loshchilov and Hutter, 2017)
//	step      1, from half of the steps on 0.1, from three quarters on 0.01
//	constant  1
func (s schedule) factor(step int) float64 {
	f := 1.0
	if s.warmup > 0 {
		f = min(1, float64(step+1)/float64(s.warmup))
	}
	switch s.kind {
	case "cosine":
		return f * 0.5 * (1 + math.Cos(math.Pi*float64(step)/float64(s.total)))
	case "step":
		switch {
		case 4*step >= 3*s.total:
			return f * 0.01
		case 2*step >= s.total:
			return f * 0.1
		}
	}
	return f
}
