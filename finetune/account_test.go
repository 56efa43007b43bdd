package finetune

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

func TestPairsKeepTheirOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(path, []byte(`{"z": 1, "a": "x: y", "m": 2.5}`), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := pairs(path)
	if want := "[[z 1] [a x: y] [m 2.5]]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("pairs = %v, %v; want %s", got, err, want)
	}
}

func TestThumbnailIsSmall(t *testing.T) {
	fsys := fstest.MapFS{"a.png": {Data: noise(t, 400, 100, testClasses["red"], 1)}}
	data, err := thumbnail(fsys, "a.png")
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || m.Width != 160 || m.Height != 40 {
		t.Errorf("%d×%d, %v; want 160×40", m.Width, m.Height, err)
	}
}

func TestMethod(t *testing.T) {
	for _, test := range []struct {
		c    Config
		want string
	}{
		{Config{Optimizer: "sgd", Rho: 0.05, Epochs: 3, SAMFrom: 1}, "SGD"},
		{Config{Optimizer: "sam", Rho: 0.05, Epochs: 3, SAMFrom: 1}, "SAM (rho 0.05) on SGD"},
		{Config{Optimizer: "sam+adamw", Rho: 0.1, Epochs: 3, SAMFrom: 3}, "SAM (rho 0.1, from epoch 3) on AdamW"},
		{Config{Optimizer: "sam", Rho: 0.05, Epochs: 2, SAMFrom: 3}, "SGD"},
	} {
		if got := method(test.c); got != test.want {
			t.Errorf("method(%+v) = %q, want %q", test.c, got, test.want)
		}
	}
}

func TestCurvesPutEvaluationsOnTheirEpochs(t *testing.T) {
	steps, epochs := curves([]metric{
		{Kind: "evaluation", Accuracy: 0.1},
		{Kind: "step", Epoch: 1, Step: 1, Loss: 3},
		{Kind: "epoch", Epoch: 1, Step: 1, Loss: 3},
		{Kind: "step", Epoch: 2, Step: 2, Loss: 2},
		{Kind: "epoch", Epoch: 2, Step: 2, Loss: 2},
		{Kind: "evaluation", Epoch: 2, Step: 2, Loss: 1, Accuracy: 0.9},
	})
	if len(steps) != 2 || len(epochs) != 2 || epochs[0].Evaluated || !epochs[1].Evaluated || epochs[1].Top1 != 0.9 || epochs[1].LastStep != 2 {
		t.Errorf("steps %+v, epochs %+v", steps, epochs)
	}
}
