package main

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

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
	const want = `flowers, 2 classes
run folder runs/x
epoch 1/1  step 9/25  loss 0.500  acc 75.0 %  100 images/s  1m30s left
epoch 1/1  step 19/25  loss 0.500  acc 75.0 %  100 images/s  1m30s left
epoch 1/1  loss 0.500  acc  75.0 %  lr 0.02  SAM rho 0.05  100 images/s
test split: top-1 90.00 %
`
	if got := follow(&progress{}, &w, sampleEvents()...); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestProgressOnTerminal(t *testing.T) {
	var w strings.Builder
	got := follow(&progress{animated: true, width: 60}, &w, sampleEvents()...)
	for _, line := range strings.Split(got, "\n") {
		for _, passing := range strings.Split(line, "\r\x1b[K") {
			if n := utf8.RuneCountInString(passing); strings.Contains(passing, "step") && n > 59 {
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
	if !strings.HasSuffix(got, "90.00 %\n") {
		t.Errorf("the end is %q", got[max(0, len(got)-60):])
	}
}

func TestProgressQuiet(t *testing.T) {
	var w strings.Builder
	if got := follow(&progress{quiet: true}, &w, sampleEvents()...); got != "" {
		t.Errorf("wrote %q", got)
	}
}

// TestProgressBar checks that the bar takes the columns that are free.
func TestProgressBar(t *testing.T) {
	half := finetune.Event{Step: 4, Steps: 8}
	for _, test := range []struct {
		free int
		want string
	}{
		{7, ""},
		{8, "━━━───  "},
		{40, strings.Repeat("━", 12) + strings.Repeat("─", 12) + "  "},
	} {
		if got := (&progress{}).bar(half, test.free); got != test.want {
			t.Errorf("bar in %d columns = %q, want %q", test.free, got, test.want)
		}
	}
	if got := (&progress{}).bar(finetune.Event{Step: 4}, 40); got != "" {
		t.Errorf("bar of unknown length = %q", got)
	}
}
