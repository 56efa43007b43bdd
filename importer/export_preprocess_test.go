package importer

import (
	"strings"
	"testing"
)

// A file that preprocesses images reads uint8 images of any size and gives
// probabilities; read back, it is the model that it was made of. That what it
// computes is right is for the test with onnxruntime of package finetune.
func TestPreprocessIsReadBack(t *testing.T) {
	file := formSpec.bytes()
	before, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	images := ramp(2 * 3 * 8 * 8)
	want := logits(t, before, BuildOptions{Batch: 2}, images)
	for _, half := range []bool{false, true} {
		out, m := mustConvert(t, file, Form{Half: half, Preprocess: &Preprocessing{Size: 8, Crop: 0.875, Bicubic: true, BGR: true, Std: [3]float32{1, 2, 3}}})
		if !m.Preprocesses() || m.Metadata["output"] != "probabilities" {
			t.Errorf("Preprocesses = %v, metadata %v", m.Preprocesses(), m.Metadata)
		}
		if got := operators(out); !strings.HasPrefix(got, "Shape ") || !strings.HasSuffix(got, " Softmax") {
			t.Errorf("operators %s, want Shape first and Softmax last", got)
		}
		tolerance := 0.0
		if half {
			tolerance = 2e-3
		}
		if d := difference(logits(t, m, BuildOptions{Batch: 2, Height: 8, Width: 8}, images), want); !(d <= tolerance) {
			t.Errorf("half %v: logits differ by %.2g of the largest, want %v", half, d, tolerance)
		}
		if _, err := Convert(out, Form{}); err == nil {
			t.Error("converted again: no error")
		}
	}
}
