package finetune

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"testing"

	"finetune/importer"
	"finetune/internal/kernel/gokernel"
)

func TestTrainSize(t *testing.T) {
	for _, test := range []struct {
		input int
		scale float64
		want  int
	}{{224, 1, 224}, {224, 0.86, 192}, {299, 1, 299}, {299, 0.86, 256}, {96, 0.86, 96}, {64, 0.86, 64}, {32, 0.1, 32}} {
		if got := trainSize(Config{TrainScale: test.scale}, test.input); got != test.want {
			t.Errorf("input size %d, scale %v: train size %d, want %d", test.input, test.scale, got, test.want)
		}
	}
}

// VGG's classifier takes the features of one input size alone.
func TestTrainSizeOfOneSizeAlone(t *testing.T) {
	packed, err := os.ReadFile("../internal/golden/testdata/vgg11_bn.onnx.gz")
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	model, err := importer.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	backend := gokernel.New(1)
	defer backend.Close()
	for _, scale := range []float64{1, 0.5} {
		e := newEngine(model, backend, 64)
		if err := e.compileTraining(Config{Batch: 2, BatchNorm: "frozen", Train: "head", TrainScale: scale, LearningRate: 1}); err != nil {
			t.Fatal(err)
		}
		if e.trainSize != 64 {
			t.Errorf("scale %v: trained at %d pixels, want 64", scale, e.trainSize)
		}
	}
}
