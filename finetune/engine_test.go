package finetune

import "testing"

func TestTrainSize(t *testing.T) {
	for _, test := range []struct {
		input int
		scale float64
		want  int
	}{{224, 1, 224}, {224, 0.86, 192}, {299, 1, 299}, {299, 0.86, 256}, {96, 0.86, 96}, {64, 0.86, 64}, {32, 0.1, 32}} {
		e := &engine{size: test.input}
		if got := e.trainSize(Config{TrainScale: test.scale}); got != test.want {
			t.Errorf("input size %d, scale %v: train size %d, want %d", test.input, test.scale, got, test.want)
		}
	}
}
