package main

import (
	"strings"
	"testing"
	"time"

	"finetune/finetune"
)

// follow feeds events, one a second, and returns what was written.
func follow(p *progress, w *strings.Builder, events ...finetune.Event) string {
	now := time.Unix(0, 0)
	p.w, p.now, p.last = w, func() time.Time { return now }, now
	for _, e := range events {
		now = now.Add(time.Second)
		p.observe(e)
	}
	p.end()
	return w.String()
}

func sampleEvents() []finetune.Event {
	events := []finetune.Event{{Kind: finetune.KindStart, Message: "flowers, 2 classes", Run: "runs/x", Epochs: 1, Steps: 25}}
	for step := 1; step <= 25; step++ {
		events = append(events, finetune.Event{Kind: finetune.KindStep, Epoch: 1, Epochs: 1, Step: step, Steps: 25,
			Loss: 0.5, Accuracy: 0.75, ImagesPerSecond: 100, ETA: 90 * time.Second})
	}
	return append(events,
		finetune.Event{Kind: finetune.KindEpoch, Epoch: 1, Epochs: 1, Loss: 0.5, Accuracy: 0.75, LearningRate: 0.02, Rho: 0.05, ImagesPerSecond: 100},
		finetune.Event{Kind: finetune.KindEvaluation, Message: "test split", Evaluation: &finetune.Evaluation{Top1: 0.9, N: 10}})
}

func TestProgressOffTerminal(t *testing.T) {
	var w strings.Builder
	p := &progress{}
	const want = `flowers, 2 classes
run folder runs/x
epoch 1/1  step 9/25  loss 0.500  acc 75.0 %  100 images/s  1m30s left
epoch 1/1  step 19/25  loss 0.500  acc 75.0 %  100 images/s  1m30s left
epoch 1/1  loss 0.500  acc  75.0 %  lr 0.02  SAM rho 0.05  100 images/s
test split: top-1 90.00 % of 10 images
`
	if got := follow(p, &w, sampleEvents()...); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if p.run != "runs/x" {
		t.Errorf("run = %q, want runs/x", p.run)
	}
}

func TestProgressOnTerminal(t *testing.T) {
	var w strings.Builder
	got := follow(&progress{animated: true, width: 60}, &w, sampleEvents()...)
	for _, line := range strings.Split(got, "\n") {
		for _, passing := range strings.Split(line, "\r\x1b[K") {
			if n := len([]rune(strings.TrimSuffix(passing, "\x1b[0m"))); strings.Contains(passing, "step") && n > 59 {
				t.Errorf("%d columns, want at most 59: %q", n, passing)
			}
		}
	}
	if strings.Contains(got, "\x1b[3") {
		t.Errorf("colours without colour: %q", got)
	}
	if n := strings.Count(got, "step"); n != 25 {
		t.Errorf("%d passing lines, want 25", n)
	}
	if !strings.HasSuffix(got, "of 10 images\n") {
		t.Errorf("the end is %q", got[max(0, len(got)-60):])
	}
}

func TestProgressQuiet(t *testing.T) {
	var w strings.Builder
	p := &progress{quiet: true}
	if got := follow(p, &w, sampleEvents()...); got != "" || p.run != "runs/x" {
		t.Errorf("wrote %q, run = %q", got, p.run)
	}
}

func TestCut(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"short", "short"},
		{"exactly", "exactly"},
		{"too long", "too lon\x1b[0m"},
		{"\x1b[32m━━━\x1b[0m four", "\x1b[32m━━━\x1b[0m fou\x1b[0m"},
	} {
		if got := cut(test.line, 7); got != test.want {
			t.Errorf("cut(%q) = %q, want %q", test.line, got, test.want)
		}
	}
}
