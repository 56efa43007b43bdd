package golden

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"finetune/importer"
	"finetune/internal/onnxfile"
	"finetune/internal/onnxruntime"
)

// exportTolerance is how far logits of an exported file may be from those of
// the graph that was trained, of the largest.
const exportTolerance = 1e-4

// checkExport trains a step, and holds what is then written to the logits of
// the graph that was trained, in the opset that the file had and raised to the
// newest one. r has the gradients of the step.
//
// Besides the importer, onnxruntime runs the files where its library is found,
// and a Python with onnx and onnxruntime that FINETUNE_ONNXRUNTIME_PYTHON names
// checks and runs them:
//
//	FINETUNE_ONNXRUNTIME=libonnxruntime.so FINETUNE_ONNXRUNTIME_PYTHON=python go test -timeout 1h -v -run TestFamilies ./internal/golden
func (f *family) checkExport(t *testing.T, m *importer.Model, opset int64, r *run) (worst float64) {
	t.Helper()
	before := slices.Clone(r.machine.Output(r.graph.Logits))
	r.descend(m)
	r.machine.RunAll()
	want := slices.Clone(r.machine.Output(r.graph.Logits))
	if moved := furthest(want, before); !(moved > 10*exportTolerance) {
		t.Errorf("a step moved the logits by %.2g of the largest, want more than %v", moved, 10*exportTolerance)
	}
	var written bytes.Buffer
	if err := m.WriteONNX(&written, nil); err != nil {
		t.Fatal(err)
	}
	raised, err := importer.Convert(written.Bytes(), importer.Form{Opset: importer.NewestOpset})
	if err != nil {
		t.Fatal(err)
	}
	images := slices.Clone(r.machine.Input(r.graph.Images))
	for _, e := range []struct {
		file  []byte
		opset int64
	}{{written.Bytes(), opset}, {raised, importer.NewestOpset}} {
		file, err := onnxfile.Parse(e.file)
		if err != nil {
			t.Fatal(err)
		}
		if got := file.OpsetVersion(); got != e.opset {
			t.Errorf("the file is of opset %d, want %d", got, e.opset)
		}
		for judge, logits := range f.judgements(t, e.file, images, want) {
			difference := furthest(logits, want)
			if !(difference <= exportTolerance) {
				t.Errorf("opset %d: %s: logits differ by %.2g of the largest, want at most %v", e.opset, judge, difference, exportTolerance)
			}
			worst = math.Max(worst, difference)
		}
	}
	return worst
}

// descend moves the parameters against their gradients by a hundredth of their
// length, in the model too.
func (r *run) descend(m *importer.Model) {
	var length, slope float64
	grads := make([][]float32, len(m.Params))
	for i, p := range m.Params {
		grads[i] = make([]float32, len(p.Value))
		r.params.GetGrad(i, grads[i])
		length += norm(p.Value) * norm(p.Value)
		slope += norm(grads[i]) * norm(grads[i])
	}
	rate := float32(0.01 * math.Sqrt(length/slope))
	for i, p := range m.Params {
		for k, g := range grads[i] {
			p.Value[k] -= rate * g
		}
		r.params.Set(i, p.Value)
	}
}

// judgements are the logits of a file by all that can run it. What cannot is an
// error of the test, and so is what the checker of ONNX finds.
func (f *family) judgements(t *testing.T, file []byte, images, want []float32) map[string][]float32 {
	t.Helper()
	m, err := importer.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	r := compile(t, m, importer.BuildOptions{Batch: f.Batch, Height: f.Size, Width: f.Size})
	copy(r.machine.Input(r.graph.Images), images)
	r.machine.Forward()
	all := map[string][]float32{"importer": r.machine.Output(r.graph.Logits)}

	shape := []int64{int64(f.Batch), 3, int64(f.Size), int64(f.Size)}
	if m.Layout() == "NHWC" {
		shape[1], shape[3] = shape[3], shape[1]
		images = channelsLast(images, f.Batch)
	}
	input, output := m.Ends()
	if _, err := onnxruntime.Find(); err == nil {
		s, err := onnxruntime.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if all["onnxruntime"], err = s.Run(onnxruntime.Input{Name: input, Shape: shape, Floats: images}, output); err != nil {
			t.Fatal(err)
		}
	}
	if python := os.Getenv("FINETUNE_ONNXRUNTIME_PYTHON"); python != "" {
		checkInPython(t, python, file, shape, images, want)
	}
	return all
}

// channelsLast returns images [N,3,H,W] as [N,H,W,3].
func channelsLast(images []float32, n int) []float32 {
	out := make([]float32, 0, len(images))
	pixels := len(images) / (3 * n)
	for image := range n {
		for i := range pixels {
			for c := range 3 {
				out = append(out, images[(3*image+c)*pixels+i])
			}
		}
	}
	return out
}

// checkInPython lets onnx.checker, shape inference and onnxruntime judge a file.
func checkInPython(t *testing.T, python string, file []byte, shape []int64, images, want []float32) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	n := int(shape[0])
	classes := len(want) / n
	var in bytes.Buffer
	for i := range n {
		header := []int32{int32(shape[1]), int32(shape[2]), int32(shape[3]), int32(classes)}
		for _, part := range []any{header, images[i*len(images)/n:][:len(images)/n], want[i*classes:][:classes]} {
			if err := binary.Write(&in, binary.LittleEndian, part); err != nil {
				t.Fatal(err)
			}
		}
	}
	judge := exec.Command(python, "../../finetune/testdata/onnxruntime_forms.py", path)
	judge.Stdin, judge.Stderr = &in, os.Stderr
	out, err := judge.Output()
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Images     int
		Difference float64
	}
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if found.Images != n || !(found.Difference <= exportTolerance) {
		t.Errorf("onnxruntime in Python: %+v, want %d images and a difference of at most %v", found, n, exportTolerance)
	}
}

// furthest returns the largest difference as a share of the largest of want.
func furthest(got, want []float32) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst, largest := 0.0, 0.0
	for i, w := range want {
		worst = math.Max(worst, math.Abs(float64(got[i])-float64(w))) // NaN stays.
		largest = math.Max(largest, math.Abs(float64(w)))
	}
	return worst / largest
}
