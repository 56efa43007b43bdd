package finetune

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"finetune/importer"
	"finetune/tasks"
	"finetune/weights"
)

// Every form is proven, gives the same bytes twice, can be evaluated, and is
// about as good as the model that it was made of.
func TestExportForms(t *testing.T) {
	if testing.Short() {
		t.Skip("it trains, and runs plain kernels for every form: left to the long tests")
	}
	data := testFolder(t, 6, 6)
	c := testConfig(t, data)
	c.Optimizer, c.BatchNorm, c.Epochs, c.Batch, c.LearningRate = "sgd", "frozen", 4, 8, 0.01
	r, _ := mustRun(t, c)
	for _, form := range []ExportConfig{
		{FoldBatchNorm: true, Opset: 18},
		{Half: true},
		{Int8: true},
		{Preprocess: true},
	} {
		form.Run, form.Output = r.Run, filepath.Join(t.TempDir(), "model.onnx")
		x, err := ExportFile(context.Background(), form, nil)
		if err != nil {
			t.Fatalf("%s: %v", form.form(), err)
		}
		first := mustRead(t, form.Output)
		if _, err := ExportFile(context.Background(), form, nil); err != nil || !bytes.Equal(first, mustRead(t, form.Output)) {
			t.Errorf("%s: exported twice: other bytes (%v)", x.Form, err)
		}
		if x.Proof.Images != 16 || x.Proof.Of != "test split of folder" || !(x.Proof.Top1Agreement > 0.75) {
			t.Errorf("%s: %v", x.Form, x.Proof)
		}
		e, err := Evaluate(context.Background(), form.Output, EvaluateConfig{Task: "folder", Data: data}, nil)
		if err != nil {
			t.Fatalf("%s: %v", x.Form, err)
		}
		if e.Top1 < r.After.Top1-0.12 { // Two images of 18.
			t.Errorf("%s: top-1 %v, of the run %v", x.Form, e.Top1, r.After.Top1)
		}
		if changes := form.Half || form.Int8; changes != (x.Accuracy != nil) || changes && x.Accuracy.Top1 != e.Top1 {
			t.Errorf("%s: accuracy %+v, evaluated %v", x.Form, x.Accuracy, e.Top1)
		}
		var kept Exported
		if err := json.Unmarshal(mustRead(t, r.Run, exportFile), &kept); err != nil || kept.SHA256 != sumOf(first) {
			t.Errorf("%s: %s has sha256 %s (%v), want that of the file", x.Form, exportFile, kept.SHA256, err)
		}
	}
}

// A model.onnx that is not the run's any more is not exported.
func TestExportRefusesAChangedModel(t *testing.T) {
	c := testConfig(t, testFolder(t, 1, 1))
	c.Epochs = 0
	r, _ := mustRun(t, c)
	file := mustRead(t, r.Model)
	if err := os.WriteFile(r.Model, append(file, 0xf8, 1, 0), 0o644); err != nil { // An unknown field.
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.onnx")
	var wrong *DataError
	if _, err := ExportFile(context.Background(), ExportConfig{Run: r.Run, Output: path}, nil); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "changed since") {
		t.Errorf("error %v, want a *DataError", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there (%v)", err)
	}
}

// A file with one weight changed does not pass, and a file that does not pass
// is not left.
func TestProofFails(t *testing.T) {
	b := namedBackbone(t, "", 3)
	e := newEngine(b.model, nil, 32)
	b.preprocessing, b.sha256 = mustLookup(t), "0"
	file, err := e.onnx(exportMetadata(b, "folder", []string{"ant", "bee", "cat"}, 32), nil)
	if err != nil {
		t.Fatal(err)
	}
	kernels, err := openKernels("", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer kernels.Close()
	pictures := proofPictures{of: "made up"}
	for i := range 3 {
		pictures.pictures = append(pictures.pictures, madeUp(i))
	}
	v, err := evaluationView(b.preprocessing, 32)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []float32{0, 0.1} {
		model, err := importer.Load(bytes.Clone(file))
		if err != nil {
			t.Fatal(err)
		}
		model.Params[model.HeadParams()[1]].Value[2] += change
		trained := newEngine(model, kernels, 32)
		path := filepath.Join(t.TempDir(), "model.onnx")
		err = replace(path, func(w io.Writer) error {
			_, err := w.Write(file)
			return err
		}, func(string) error {
			_, err := trained.prove(context.Background(), file, pictures, v, ExportConfig{}.tolerance())
			return err
		})
		var wrong *ModelError
		left, _ := filepath.Glob(path + "*")
		if failed := errors.As(err, &wrong); failed != (change != 0) || failed != (len(left) == 0) {
			t.Errorf("a bias changed by %v: error %v, files %v", change, err, left)
		}
		if err != nil && (!strings.Contains(err.Error(), "want at most 0.0001") || strings.Contains(err.Error(), "rounding") || strings.Contains(err.Error(), "at least")) {
			t.Errorf("a bias changed by %v: error %v, want the one bound, and no word of rounding", change, err)
		}
	}
}

// A model whose weights amplify rounding is told from a file that is wrong.
func TestProofTellsRounding(t *testing.T) {
	p := Proof{Images: 4, Difference: 0.6, Top1Agreement: 0.75, Judge: "plain Go kernels", rounding: 0.6}
	const want = "differ by 0.6 on the trained model too: its weights amplify rounding"
	for _, c := range []ExportConfig{{}, {Int8: true}} {
		if err := p.check(c.tolerance()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", c.form(), err, want)
		}
	}
	if err := p.check(ExportConfig{Int8: true}.tolerance()); !strings.Contains(err.Error(), "want at most 0.5 and at least 75 %") {
		t.Errorf("int8: error %v, want both bounds", err)
	}
}

func TestPythonDict(t *testing.T) {
	got := pythonDict([]string{"rose", "hen's\ncomb", `a\b`})
	if want := `{0: 'rose', 1: 'hen\'s\ncomb', 2: 'a\\b'}`; got != want {
		t.Errorf("pythonDict = %s, want %s", got, want)
	}
}

// The hash of a split is that of its lines.
func TestSplitHash(t *testing.T) {
	data := &tasks.Dataset{
		Classes: []string{"ant", "bee"},
		Train:   []tasks.Example{{Path: "a.png", Label: 1}}, Test: []tasks.Example{{Path: "b.png", Label: 0}},
	}
	const want = "train\ta.png\tbee\ntest\tb.png\tant\n"
	if got := splitHash(data); got != sumOf([]byte(want)) {
		t.Errorf("splitHash = %s, want the hash of %q", got, want)
	}
}

// mustLookup returns the preprocessing of the embedded backbone.
func mustLookup(t *testing.T) weights.Preprocessing {
	t.Helper()
	row, err := weights.Lookup(DefaultBackbone)
	if err != nil {
		t.Fatal(err)
	}
	return row.Preprocessing
}
