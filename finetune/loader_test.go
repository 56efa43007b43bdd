package finetune

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// record reads a whole plan and renders every batch as text.
func record(workers, ahead int) []string {
	l := &loader{batch: 4, imageSize: 2, workers: workers, ahead: ahead, prepare: func(image []float32, step, sample int) (int, error) {
		time.Sleep(time.Duration(rand.IntN(50)) * time.Microsecond)
		if sample == 5 {
			image[0] = 9
			return 0, errors.New("sample 5 is bad")
		}
		image[0] = float32(sampleRand(7, epochOf(step, 3), sample).Float64())
		image[1] = float32(sample)
		return sample % 3, nil
	}}
	var lines []string
	for b := range l.batches(context.Background(), shuffled(7, 10, 4, 0, 6)) {
		lines = append(lines, fmt.Sprint(b.Step, b.Images, b.Labels, b.Samples, b.errs))
	}
	return lines
}

func TestLoaderDoesNotDependOnWorkers(t *testing.T) {
	want := record(1, 1)
	if len(want) != 6 {
		t.Fatalf("%d batches, want 6", len(want))
	}
	for _, workers := range []int{1, 2, 4} {
		for _, ahead := range []int{1, 3} {
			if got := record(workers, ahead); !slices.Equal(got, want) {
				t.Errorf("%d workers, %d ahead:\n%q\nwant\n%q", workers, ahead, got, want)
			}
		}
	}
}

func TestLoaderPadsAndMasks(t *testing.T) {
	l := &loader{batch: 4, imageSize: 1, workers: 2, ahead: 2, prepare: func(image []float32, _, sample int) (int, error) {
		image[0] = float32(sample)
		if sample == 4 {
			return 0, errors.New("bad")
		}
		return sample, nil
	}}
	var labels [][]int
	var images [][]float32
	for b := range l.batches(context.Background(), inOrder(7, 4)) {
		labels, images = append(labels, slices.Clone(b.Labels)), append(images, slices.Clone(b.Images))
		if want := []int{4, 2}[b.Step]; b.Counted() != want {
			t.Errorf("batch %d counts %d rows, want %d", b.Step, b.Counted(), want)
		}
	}
	if want := [][]int{{0, 1, 2, 3}, {-1, 5, 6, -1}}; fmt.Sprint(labels) != fmt.Sprint(want) {
		t.Errorf("labels %v, want %v", labels, want)
	}
	if want := [][]float32{{0, 1, 2, 3}, {5, 5, 6, 6}}; fmt.Sprint(images) != fmt.Sprint(want) {
		t.Errorf("images %v, want %v", images, want)
	}
}

func TestLoaderStopsWhenCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l := &loader{batch: 2, imageSize: 1, workers: 2, ahead: 2, prepare: func([]float32, int, int) (int, error) { return 0, nil }}
	n := 0
	for range l.batches(ctx, shuffled(1, 100, 2, 0, 1000)) {
		if n++; n == 3 {
			cancel()
		}
	}
	if n != 3 {
		t.Errorf("%d batches after cancel, want 3", n)
	}
}

func TestShuffledContinues(t *testing.T) {
	var whole, tail []planned
	for p := range shuffled(3, 10, 4, 0, 9) {
		whole = append(whole, p)
	}
	for p := range shuffled(3, 10, 4, 4, 9) {
		tail = append(tail, p)
	}
	if fmt.Sprint(tail) != fmt.Sprint(whole[4:]) {
		t.Errorf("from step 4: %v, want %v", tail, whole[4:])
	}
	if len(whole[2].samples) != 2 || len(whole[8].samples) != 2 {
		t.Errorf("last batches of epochs are %v and %v, want 2 samples each", whole[2], whole[8])
	}
}

func TestOneHot(t *testing.T) {
	dst := []float32{9, 9, 9, 9, 9, 9}
	oneHot(dst, []int{1, notCounted})
	if want := []float32{0, 1, 0, 0, 0, 0}; !slices.Equal(dst, want) {
		t.Errorf("oneHot = %v, want %v", dst, want)
	}
}
