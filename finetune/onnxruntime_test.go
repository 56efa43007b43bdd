package finetune

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"finetune/internal/kernel/gokernel"
)

// TestOnnxruntimeAgrees runs an exported file here and in onnxruntime on the
// same images: every logit agrees within 1e-3, every top-1 is the same, and
// onnx.checker accepts the file. It needs
//
//	FINETUNE_ONNXRUNTIME_PYTHON  a Python with onnx, onnxruntime and numpy
//
// and takes, instead of the embedded backbone with a fresh head on 64 images of
// the embedded data set, all test images for
//
//	FINETUNE_ONNXRUNTIME_MODEL  an ONNX file of this program
//	FINETUNE_ONNXRUNTIME_TASK   its task
//	FINETUNE_ONNXRUNTIME_DATA   folder of the task's data
func TestOnnxruntimeAgrees(t *testing.T) {
	python := os.Getenv("FINETUNE_ONNXRUNTIME_PYTHON")
	if python == "" {
		t.Skip("FINETUNE_ONNXRUNTIME_PYTHON names no Python with onnxruntime")
	}
	ctx := context.Background()
	config := EvaluateConfig{Task: os.Getenv("FINETUNE_ONNXRUNTIME_TASK"), Data: os.Getenv("FINETUNE_ONNXRUNTIME_DATA")}
	model := os.Getenv("FINETUNE_ONNXRUNTIME_MODEL")
	if model == "" {
		model, config.Task, config.Limit = freshModel(t), DefaultTask, 64
	}
	e, m := openJudged(t, ctx, model, config, 32)
	var result struct {
		Images     int
		SameTop1   int     `json:"same_top1"`
		Difference float64 `json:"difference"`
		Largest    float64 `json:"largest_logit"`
	}
	judge := exec.Command(python, "testdata/onnxruntime_agrees.py", model)
	judge.Stderr = os.Stderr
	var out bytes.Buffer
	judge.Stdout = &out
	in, err := judge.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := judge.Start(); err != nil {
		t.Fatal(err)
	}
	e.writeForJudge(t, ctx, m, in)
	if err := judge.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		t.Fatalf("%v: %s", err, out.Bytes())
	}
	t.Logf("%d images: %d with the same top-1, logits differ by up to %.2g, the largest is %.3g", result.Images, result.SameTop1, result.Difference, result.Largest)
	if result.Images != len(m.data.examples) || result.SameTop1 != result.Images {
		t.Errorf("top-1 is the same on %d of %d images, want all %d", result.SameTop1, result.Images, len(m.data.examples))
	}
	if !(result.Difference <= 1e-3) {
		t.Errorf("logits differ by up to %v, want 1e-3", result.Difference)
	}
}

// freshModel exports the embedded backbone with a fresh head at 64 pixels.
func freshModel(t *testing.T) string {
	t.Helper()
	c := Defaults(DefaultTask)
	c.Epochs, c.LimitTest, c.Output = 0, 8, filepath.Join(t.TempDir(), "run")
	result, err := Run(context.Background(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return result.Model
}

// openJudged returns what runs an exported file batch by batch, and the images
// of the task that config says.
func openJudged(t *testing.T, ctx context.Context, model string, config EvaluateConfig, batch int) (*engine, measurement) {
	t.Helper()
	data, err := openTask(ctx, config.Task, config.Data, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := openBackbone(ctx, Config{Backbone: model}, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := config.measurement(data, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(b.model, gokernel.New(0), b.inputSize(0))
	t.Cleanup(e.backend.Close)
	if err := e.compileEvaluation(batch); err != nil {
		t.Fatal(err)
	}
	return e, m
}

// writeForJudge writes the images of m and their logits batch by batch.
func (e *engine) writeForJudge(t *testing.T, ctx context.Context, m measurement, to io.WriteCloser) {
	t.Helper()
	w := bufio.NewWriterSize(to, 1<<20)
	for b := range m.view.loader(m.data, e.evaluation.batch, nil).batches(ctx, inOrder(len(m.data.examples), e.evaluation.batch)) {
		logits, err := e.logits(b.Images)
		if err != nil {
			t.Fatal(err)
		}
		n, size := len(b.Samples), m.view.size
		for _, part := range []any{
			[]int32{int32(n), 3, int32(size), int32(size), int32(m.classes)},
			b.Images[:n*3*size*size], logits[:n*m.classes],
		} {
			if err := binary.Write(w, binary.LittleEndian, part); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	to.Close()
}
