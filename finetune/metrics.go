package finetune

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"finetune/internal/report"
)

// A metric is a line of metrics.jsonl: of a step, an epoch or an evaluation.
type metric struct {
	Kind            string  `json:"kind"` // step, epoch or evaluation.
	Epoch           int     `json:"epoch"`
	Step            int     `json:"step"` // Counted from 1; of an epoch, its last.
	Loss            float64 `json:"loss"`
	Accuracy        float64 `json:"accuracy"` // Training accuracy; of an evaluation, top-1.
	PerturbedLoss   float64 `json:"perturbed_loss,omitempty"`
	LearningRate    float64 `json:"lr,omitempty"`
	Rho             float64 `json:"rho,omitempty"`
	GradNorm        float64 `json:"grad_norm,omitempty"`
	Seconds         float64 `json:"seconds"`
	DataWait        float64 `json:"data_wait,omitempty"` // Share of Seconds.
	ImagesPerSecond float64 `json:"images_per_second,omitempty"`
	Skipped         int     `json:"skipped,omitempty"`
	N               int     `json:"n,omitempty"` // Images of an evaluation.
	Top5            float64 `json:"top5,omitempty"`
	MeanPerClass    float64 `json:"mean_per_class,omitempty"`
}

// A metricsLog appends to metrics.jsonl.
type metricsLog struct {
	file *os.File
	out  *bufio.Writer
	all  []metric
}

// openMetrics opens metrics.jsonl and drops the lines that keep refuses: a
// resumed run writes them again. A line that was cut off is dropped too.
func openMetrics(path string, keep func(m metric) bool) (*metricsLog, error) {
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, &DataError{fmt.Errorf("metrics: %w", err)}
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, &DataError{fmt.Errorf("metrics: %w", err)}
	}
	l := &metricsLog{file: file, out: bufio.NewWriter(file)}
	for line := range bytes.Lines(old) {
		var m metric
		if json.Unmarshal(line, &m) != nil || !keep(m) {
			continue
		}
		if err := l.add(m); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
	return l, l.out.Flush()
}

// keeps returns which lines of metrics.jsonl a run keeps that has made step of
// total steps.
func keeps(step, total int) func(m metric) bool {
	return func(m metric) bool {
		isLast := m.Kind == "evaluation" && m.Step == total // The last evaluation is made again.
		return step > 0 && m.Step <= step && !isLast
	}
}

// before returns what was measured before training; nil if nothing was.
func (l *metricsLog) before() *report.Accuracy {
	for _, m := range l.all {
		if m.Kind == "evaluation" && m.Epoch == 0 {
			right := int(math.Round(m.Accuracy * float64(m.N)))
			return &report.Accuracy{
				N: m.N, Top1: m.Accuracy, Top1CI95: wilson(right, m.N), Top5: m.Top5, MeanPerClass: m.MeanPerClass, Loss: m.Loss,
			}
		}
	}
	return nil
}

// add appends a line; everything but steps is flushed to the file at once.
func (l *metricsLog) add(m metric) error {
	line, err := json.Marshal(m)
	if err != nil {
		return &DataError{fmt.Errorf("metrics: %w", err)}
	}
	l.all = append(l.all, m)
	if _, err := l.out.Write(append(line, '\n')); err != nil {
		return &DataError{fmt.Errorf("metrics: %w", err)}
	}
	if m.Kind == "step" {
		return nil
	}
	return l.out.Flush()
}

// Close flushes and closes the file.
func (l *metricsLog) Close() error { return errors.Join(l.out.Flush(), l.file.Close()) }

var _ io.Closer = (*metricsLog)(nil)
