package finetune

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// A Timing is how long something took that was done N times.
type Timing struct {
	MedianMs float64 // By the clock, milliseconds.
	MinMs    float64
	CPUMs    float64 // Median of the processor time of all threads, milliseconds; 0 if unknown.
	N        int
	FLOPs    float64 // Of one time.
}

// GFLOPS returns billions of floating-point operations a second, by the median.
func (t Timing) GFLOPS() float64 {
	if t.MedianMs == 0 {
		return 0
	}
	return t.FLOPs / t.MedianMs / 1e6
}

// ImagesPerSecond returns the images a second if one time takes a batch, by
// the median.
func (t Timing) ImagesPerSecond(batch int) float64 {
	if t.MedianMs == 0 {
		return 0
	}
	return 1e3 * float64(batch) / t.MedianMs
}

const (
	warmups  = 2 // Runs before those that count.
	leastRun = 3 // Runs that count, however long they take.
)

// timeRuns times run, which does flops operations, for some seconds.
func timeRuns(ctx context.Context, seconds, flops float64, run func() error) (Timing, error) {
	for range warmups {
		if err := run(); err != nil {
			return Timing{}, err
		}
	}
	var wall, processor []time.Duration
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	for len(wall) < leastRun || time.Now().Before(end) {
		if ctx.Err() != nil {
			return Timing{}, fmt.Errorf("%w: %w", ErrInterrupted, ctx.Err())
		}
		from, _ := processUsage()
		start := time.Now()
		if err := run(); err != nil {
			return Timing{}, err
		}
		wall = append(wall, time.Since(start))
		to, _ := processUsage()
		processor = append(processor, to-from)
	}
	return Timing{
		MedianMs: milliseconds(median(wall)), MinMs: milliseconds(slices.Min(wall)), CPUMs: milliseconds(median(processor)),
		N: len(wall), FLOPs: flops,
	}, nil
}

// median sorts d, which is not empty.
func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	n := len(d)
	return (d[(n-1)/2] + d[n/2]) / 2
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
