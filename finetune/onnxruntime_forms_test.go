package finetune

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"finetune/importer"
	"finetune/internal/kernel/gokernel"
	"finetune/weights"
)

// TestOnnxruntimeAgreesOnForms lets onnx.checker and onnxruntime judge every
// form that export gives, of three networks: the checker with full check and
// strict shape inference, and onnxruntime by what the same images give here. It
// needs FINETUNE_ONNXRUNTIME_PYTHON, as TestOnnxruntimeAgrees does.
//
// Float forms agree within 1e-4 of the largest logit and in every top-1. In
// float16 and int8 onnxruntime rounds between layers where float32 does not, or
// otherwise. Probabilities of preprocessing inside agree within 5e-3: pixels
// differ by one level in a few of a thousand places, where a half is rounded.
func TestOnnxruntimeAgreesOnForms(t *testing.T) {
	python := os.Getenv("FINETUNE_ONNXRUNTIME_PYTHON")
	if python == "" {
		t.Skip("FINETUNE_ONNXRUNTIME_PYTHON names no Python with onnxruntime")
	}
	forms := []struct {
		name      string
		form      importer.Form
		int8      bool
		tolerance float64
		sameTop1  float64
	}{
		{"unchanged", importer.Form{}, false, 1e-4, 1},
		{"fold-bn", importer.Form{FoldBatchNorm: true}, false, 1e-4, 1},
		{"opset 18", importer.Form{Opset: 18}, false, 1e-4, 1},
		{"opset 22", importer.Form{Opset: 22}, false, 1e-4, 1},
		{"fp16", importer.Form{Half: true}, false, 0.03, 0.9},
		{"int8", importer.Form{FoldBatchNorm: true}, true, 0.1, 0.8},
		{"preprocess", importer.Form{Preprocess: new(importer.Preprocessing)}, false, 5e-3, 1},
		{"preprocess, fold-bn, fp16, opset 18", importer.Form{Preprocess: new(importer.Preprocessing), FoldBatchNorm: true, Half: true, Opset: 18}, false, 5e-3, 0.9},
	}
	kernels := gokernel.New(0)
	defer kernels.Close()
	for network, p := range map[string]weights.Preprocessing{
		"efficientnet_lite0": mustLookup(t),
		"resnet18":           {InputSize: 64, Crop: 0.875, Interpolation: "bilinear", Channels: "RGB", Layout: "NCHW", Mean: [3]float64{124, 116, 104}, Std: [3]float64{58, 57, 57}},
		"squeezenet1_1":      {InputSize: 64, Crop: 1, Interpolation: "bicubic", Channels: "BGR", Layout: "NCHW", Mean: [3]float64{104, 116, 124}, Std: [3]float64{57, 57, 58}},
	} {
		t.Run(network, func(t *testing.T) {
			n := &judged{t: t, kernels: kernels, preprocessing: p, plain: networkFile(t, network, p)}
			for i := range 8 {
				n.pictures.pictures = append(n.pictures.pictures, madeUp(i))
			}
			for _, f := range forms {
				if f.form.Preprocess != nil {
					inside := preprocessingInside(p)
					f.form.Preprocess = &inside
				}
				if f.int8 {
					f.form.Quantize = n.ranges()
				}
				got := n.judge(python, f.form)
				t.Logf("%s: differs by %.2g, top-1 is the same on %.4g %% of %d images", f.name, got.Difference, 100*got.SameTop1, got.Images)
				if got.Images != 8 || !(got.Difference <= f.tolerance) || got.SameTop1 < f.sameTop1 {
					t.Errorf("%s: %+v, want 8 images, a difference of at most %v and top-1 the same on %v", f.name, got, f.tolerance, f.sameTop1)
				}
			}
		})
	}
}

// networkFile returns the plain file of a network: the embedded one, or one of
// package golden with numbers that keep activations of one size.
func networkFile(t *testing.T, name string, p weights.Preprocessing) []byte {
	t.Helper()
	path := "../weights/" + name + ".onnx"
	if name != "efficientnet_lite0" {
		path = "../internal/golden/testdata/" + name + ".onnx.gz"
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		r, err := gzip.NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if file, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	m, err := importer.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".gz") {
		rng := keyed(name)
		for _, w := range m.Params {
			scale, offset := 0.1, 0.0
			if len(w.Shape) > 1 {
				scale = math.Sqrt(2 * float64(w.Shape[0]) / float64(len(w.Value)))
			} else if strings.HasSuffix(w.Name, "weight") { // Gamma.
				offset = 1
			}
			for i := range w.Value {
				w.Value[i] = float32(offset + scale*rng.NormFloat64())
			}
		}
		for _, s := range m.Statistics {
			for i := range s.Value {
				s.Value[i] = 0
				if strings.HasSuffix(s.Name, "var") {
					s.Value[i] = 0.5 + rng.Float32()
				}
			}
		}
	}
	var out bytes.Buffer
	if err := m.WriteONNX(&out, p.Metadata()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A judged network is one whose forms onnxruntime runs.
type judged struct {
	t             *testing.T
	kernels       *gokernel.Backend
	preprocessing weights.Preprocessing
	plain         []byte
	pictures      proofPictures
}

// A judgement is what onnxruntime_forms.py says of a file.
type judgement struct {
	Images     int
	SameTop1   float64 `json:"same_top1"`
	Difference float64 // Of logits as a share of the largest; of probabilities.
}

func (n *judged) view() view {
	v, err := evaluationView(n.preprocessing, n.preprocessing.InputSize)
	if err != nil {
		n.t.Fatal(err)
	}
	return v
}

// ranges are those of the pictures that the file is judged on.
func (n *judged) ranges() importer.Ranges {
	n.t.Helper()
	folded, err := importer.Convert(n.plain, importer.Form{FoldBatchNorm: true})
	if err != nil {
		n.t.Fatal(err)
	}
	m, err := importer.Load(folded)
	if err != nil {
		n.t.Fatal(err)
	}
	o, err := newEngine(m, n.kernels, n.preprocessing.InputSize).observing(m.QuantizedTensors(), len(n.pictures.pictures))
	if err != nil {
		n.t.Fatal(err)
	}
	copy(o.images, n.pictures.tensors(n.view()))
	if err := o.Forward(); err != nil {
		n.t.Fatal(err)
	}
	ranges := importer.Ranges{}
	o.widen(ranges)
	return ranges
}

// judge converts the file, runs it here and hands both to onnxruntime_forms.py.
func (n *judged) judge(python string, f importer.Form) judgement {
	n.t.Helper()
	file, err := importer.Convert(n.plain, f)
	if err != nil {
		n.t.Fatal(err)
	}
	path := filepath.Join(n.t.TempDir(), "model.onnx")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		n.t.Fatal(err)
	}
	b, err := openFile(file, "model")
	if err != nil {
		n.t.Fatal(err)
	}
	images := n.pictures.tensors(n.view())
	logits, err := newEngine(b.model, n.kernels, n.preprocessing.InputSize).logitsOf(n.t.Context(), images)
	if err != nil {
		n.t.Fatal(err)
	}
	var in bytes.Buffer
	classes := b.model.Classes()
	for i, picture := range n.pictures.pictures {
		want := logits[i*classes:][:classes]
		if b.model.Preprocesses() {
			writeParts(n.t, &in, []int32{int32(picture.Rect.Dy()), int32(picture.Rect.Dx()), 3, int32(classes)}, rgb(picture), float32s(softmax(want)))
			continue
		}
		size := int32(n.preprocessing.InputSize)
		writeParts(n.t, &in, []int32{3, size, size, int32(classes)}, images[i*int(3*size*size):][:3*size*size], want)
	}
	judge := exec.Command(python, "testdata/onnxruntime_forms.py", path)
	judge.Stdin, judge.Stderr = &in, os.Stderr
	out, err := judge.Output()
	if err != nil {
		n.t.Fatal(err)
	}
	var result judgement
	if err := json.Unmarshal(out, &result); err != nil {
		n.t.Fatalf("%v: %s", err, out)
	}
	return result
}

func writeParts(t *testing.T, w io.Writer, parts ...any) {
	t.Helper()
	for _, part := range parts {
		if err := binary.Write(w, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
}

func float32s(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}
