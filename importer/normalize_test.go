package importer

import (
	"testing"

	"finetune/internal/onnxfile"
)

// TestFreeBatchAllowZero frees the batch of a Reshape as PyTorch's newer exporter
// writes it: with allowzero, and no 0 in the target.
func TestFreeBatchAllowZero(t *testing.T) {
	s := heads["Gemm"]
	s.batch, s.opset = onnxfile.Dim{Size: 2}, 18
	s.nodes = append(append(s.nodes[:2:2], makeNode("Reshape", "pool to", "flat", onnxfile.Int("allowzero", 1))), s.nodes[3])
	s.tensors = append(s.tensors[:3:3], ints("to", 2, 4))
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(logits(t, m, BuildOptions{Batch: 3}, ramp(3*3*8*8))); got != 15 {
		t.Errorf("%d logits of 3 images, want 15", got)
	}
	written, err := Load(write(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(logits(t, written, BuildOptions{Batch: 5}, ramp(5*3*8*8))); got != 25 {
		t.Errorf("%d logits of 5 images of the written model, want 25", got)
	}
}
