package finetune

import "finetune/sam"

// An epochMeter adds up what an epoch saw. Skipped rows do not count.
type epochMeter struct {
	Rows    int     `json:"rows"`
	Right   int     `json:"right"`
	LossSum float64 `json:"loss_sum"` // Of rows.
	Skipped int     `json:"skipped"`
	Seconds float64 `json:"seconds"`
	Waited  float64 `json:"waited"` // Seconds of them waiting for data.
}

func (m *epochMeter) add(s stepResult) {
	m.Rows += s.rows
	m.Right += s.right
	m.LossSum += s.Loss * float64(s.rows)
	m.Seconds += s.seconds
	m.Waited += s.waited
}

func (m *epochMeter) loss() float64     { return m.LossSum / max(1, float64(m.Rows)) }
func (m *epochMeter) accuracy() float64 { return float64(m.Right) / max(1, float64(m.Rows)) }

// A stepResult is what one training step saw.
type stepResult struct {
	sam.Stats
	rows, right     int // Of the clean pass.
	learningRate    float64
	rho             float64
	seconds, waited float64
}
