package finetune

import (
	"context"
	"os"
	"testing"
)

// TestLogitsOfBatches runs an exported file on batches of its test images, and
// writes for docs/bench/models.py, which lets onnxruntime judge them, the images
// and our logits in the form that testdata/onnxruntime_agrees.py states. It
// needs
//
//	FINETUNE_LOGITS_MODEL  an ONNX file of this program, of the task fashion-mnist
//	FINETUNE_LOGITS_TO     the file to write
func TestLogitsOfBatches(t *testing.T) {
	model, path := os.Getenv("FINETUNE_LOGITS_MODEL"), os.Getenv("FINETUNE_LOGITS_TO")
	if model == "" {
		t.Skip("FINETUNE_LOGITS_MODEL names no exported file")
	}
	const batches, batch = 20, 4
	ctx := context.Background()
	config := EvaluateConfig{Task: DefaultTask, Limit: batches * batch}
	e, m := openJudged(t, ctx, model, config, batch)
	if got := len(m.data.examples); got != batches*batch {
		t.Fatalf("%d images, want %d batches of %d", got, batches, batch)
	}
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	e.writeForJudge(t, ctx, m, to)
}
