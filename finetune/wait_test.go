package finetune

import (
	"context"
	"math"
	"path/filepath"
	"testing"
)

// The summary adds up what every step waited, those before an interruption
// too.
func TestSummaryAddsUpTheWaiting(t *testing.T) {
	c := testConfig(t, testFolder(t, 3, 1))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	Run(ctx, c, func(e Event) {
		if e.Kind == KindStep && e.Step == 4 {
			cancel()
		}
	})
	c.Resume = c.Output
	r, _ := mustRun(t, c)
	log, err := openMetrics(filepath.Join(r.Run, metricsFile), func(metric) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	seconds, waited := 0.0, 0.0
	for _, m := range log.all {
		if m.Kind == "step" {
			seconds += m.Seconds
			waited += m.Seconds * m.DataWait
		}
	}
	s := r.Summary
	if waited == 0 || math.Abs(s.DataWaitSeconds-waited) > 1e-9*waited || math.Abs(s.DataWaitShare-waited/seconds) > 1e-9 {
		t.Errorf("waited %v s, a share of %v; the steps waited %v of %v s", s.DataWaitSeconds, s.DataWaitShare, waited, seconds)
	}
}
