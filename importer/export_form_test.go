package importer

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"finetune/internal/onnxfile"
)

// formSpec has what forms change: BatchNormalization behind Conv with and
// without a bias and behind Gemm, one that nothing can take in, and operators of
// opset 9 whose attributes became inputs.
var formSpec = spec{
	batch: anyBatch, output: "p", dims: []int64{5}, opset: 9,
	nodes: []*onnxfile.Node{
		makeNode("Pad", "images", "padded", onnxfile.Ints("pads", 0, 0, 1, 1, 0, 0, 1, 1)),
		makeNode("Conv", "padded w1", "conv1"),
		makeNode("BatchNormalization", "conv1 g1 b1 m1 v1", "bn1", onnxfile.Float("epsilon", 1e-3)),
		makeNode("Clip", "bn1", "clip1", onnxfile.Float("min", 0), onnxfile.Float("max", 6)),
		makeNode("BatchNormalization", "clip1 g1 b1 m1 v1", "bn2"),
		makeNode("Conv", "bn2 w2 c2", "conv2", onnxfile.Int("group", 2)),
		makeNode("BatchNormalization", "conv2 g3 b3 m3 v3", "bn3"),
		makeNode("Relu", "bn3", "relu3"),
		makeNode("ReduceMean", "relu3", "pool", onnxfile.Ints("axes", 2, 3), onnxfile.Int("keepdims", 0)),
		makeNode("Gemm", "pool fc1 fc1.b", "hidden", onnxfile.Float("beta", 0.5)),
		makeNode("BatchNormalization", "hidden g4 b4 m4 v4", "bn4"),
		makeNode("Unsqueeze", "bn4", "wide", onnxfile.Ints("axes", 2, 3)),
		makeNode("Squeeze", "wide", "narrow", onnxfile.Ints("axes", 2, 3)),
		makeNode("Gemm", "narrow fc2 fc2.b", "logits", onnxfile.Int("transB", 1)),
		makeNode("Dropout", "logits", "p", onnxfile.Float("ratio", 0.3)),
	},
	tensors: []*onnxfile.Tensor{
		floats("w1", 4, 3, 3, 3), floats("g1", 4), floats("b1", 4), floats("m1", 4), positive("v1", 4),
		floats("w2", 6, 2, 3, 3), floats("c2", 6), floats("g3", 6), floats("b3", 6), floats("m3", 6), positive("v3", 6),
		floats("fc1", 6, 8), floats("fc1.b", 8), floats("g4", 8), floats("b4", 8), floats("m4", 8), positive("v4", 8),
		floats("fc2", 5, 8), floats("fc2.b", 5),
	},
}

// positive returns a tensor of numbers from 0.5 to 2.5.
func positive(name string, dims ...int) *onnxfile.Tensor {
	t := &onnxfile.Tensor{Name: name}
	values := ramp(product(dims))
	for i := range values {
		values[i] += 1.5
	}
	t.SetFloats(dims, values)
	return t
}

// mustConvert converts a file, twice to the same bytes, and returns the file
// and the model that reads it.
func mustConvert(t *testing.T, file []byte, f Form) ([]byte, *Model) {
	t.Helper()
	out, err := Convert(file, f)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Convert(file, f)
	if err != nil || !bytes.Equal(out, again) {
		t.Errorf("converted twice: other bytes (%v)", err)
	}
	m, err := Load(out)
	if err != nil {
		t.Fatal(err)
	}
	return out, m
}

// difference returns the largest difference as a share of the largest of want.
func difference(got, want []float32) float64 {
	worst, largest := 0.0, 0.0
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i])-float64(want[i])))
		largest = max(largest, math.Abs(float64(want[i])))
	}
	return worst / largest
}

func operators(file []byte) string {
	m, err := onnxfile.Parse(file)
	if err != nil {
		return err.Error()
	}
	var names []string
	for _, n := range m.Graph.Nodes {
		names = append(names, n.Op)
	}
	return strings.Join(names, " ")
}

// TestConvert wants each form to compute what the file computes.
func TestConvert(t *testing.T) {
	file := formSpec.bytes()
	before, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	images := ramp(2 * 3 * 8 * 8)
	want := logits(t, before, BuildOptions{Batch: 2}, images)
	for _, c := range []struct {
		name      string
		form      Form
		tolerance float64
		opset     int64
		norms     int
	}{
		{"unchanged", Form{}, 0, 9, 4},
		{"folded", Form{FoldBatchNorm: true}, 1e-5, 9, 1},
		{"opset 11", Form{Opset: 11}, 0, 11, 4},
		{"opset 13", Form{Opset: 13}, 0, 13, 4},
		{"opset 22", Form{Opset: 22}, 0, 22, 4},
		{"half", Form{Half: true}, 2e-3, 9, 4},
		{"folded, half, opset 18", Form{FoldBatchNorm: true, Half: true, Opset: 18}, 2e-3, 18, 1},
	} {
		out, m := mustConvert(t, file, c.form)
		got := logits(t, m, BuildOptions{Batch: 2}, images)
		if d := difference(got, want); !(d <= c.tolerance) {
			t.Errorf("%s: logits differ by %.2g of the largest, want %.2g", c.name, d, c.tolerance)
		}
		if got := m.file.OpsetVersion(); got != c.opset {
			t.Errorf("%s: opset %d, want %d", c.name, got, c.opset)
		}
		if got := strings.Count(operators(out), "BatchNormalization"); got != c.norms {
			t.Errorf("%s: %d BatchNormalization in %s, want %d", c.name, got, operators(out), c.norms)
		}
	}
}

// Softmax along the last axis, as attention has it before opset 13, is raised:
// how many axes there are is found by building the graph.
func TestConvertRaisesAttention(t *testing.T) {
	s := formSpec
	s.opset = 11
	s.nodes = []*onnxfile.Node{
		makeNode("Conv", "images w1", "conv"),
		makeNode("Reshape", "conv to", "tokens"),
		makeNode("Softmax", "tokens", "soft", onnxfile.Int("axis", 2)),
		makeNode("Mul", "soft tokens", "product"),
		makeNode("ReduceSum", "product", "sum", onnxfile.Ints("axes", 2), onnxfile.Int("keepdims", 0)),
		makeNode("Gemm", "sum fc fc2.b", "p", onnxfile.Int("transB", 1)),
	}
	s.tensors = append(slices.Clone(s.tensors), floats("fc", 5, 4), ints("to", 0, 4, -1))
	file := s.bytes()
	before, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	images := ramp(2 * 3 * 8 * 8)
	want := logits(t, before, BuildOptions{Batch: 2}, images)
	for _, opset := range []int64{13, 22} {
		_, m := mustConvert(t, file, Form{Opset: opset})
		if d := difference(logits(t, m, BuildOptions{Batch: 2}, images), want); d != 0 {
			t.Errorf("opset %d: logits differ by %.2g of the largest", opset, d)
		}
	}
}

// Weights are among the inputs in a file of format 3, and not in the format
// that a later opset needs.
func TestConvertRaisesFormat(t *testing.T) {
	s := formSpec
	s.ir = 3
	file := s.bytes()
	before, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	images := ramp(2 * 3 * 8 * 8)
	want := logits(t, before, BuildOptions{Batch: 2}, images)
	out, m := mustConvert(t, file, Form{Opset: 13})
	if d := difference(logits(t, m, BuildOptions{Batch: 2}, images), want); d != 0 {
		t.Errorf("logits differ by %.2g of the largest", d)
	}
	raised, err := onnxfile.Parse(out)
	if err != nil {
		t.Fatal(err)
	}
	if inputs := raised.Graph.Inputs; len(inputs) != 1 || inputs[0].Name != "images" {
		t.Errorf("%d inputs of format %d, want the images alone", len(inputs), raised.IRVersion)
	}
}

// A tensor that two layers share is folded into one of them alone.
func TestFoldKeepsSharedTensors(t *testing.T) {
	s := formSpec
	s.nodes = []*onnxfile.Node{
		makeNode("Conv", "images w1", "conv1"),
		makeNode("BatchNormalization", "conv1 g1 b1 m1 v1", "bn1"),
		makeNode("Conv", "images w1", "conv2"),
		makeNode("Add", "bn1 conv2", "sum"),
		makeNode("GlobalAveragePool", "sum", "pool"),
		makeNode("Flatten", "pool", "flat"),
		makeNode("Gemm", "flat fc fc2.b", "p", onnxfile.Int("transB", 1)),
	}
	s.tensors = append(slices.Clone(s.tensors), floats("fc", 5, 4))
	file := s.bytes()
	before, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	images := ramp(3 * 8 * 8)
	want := logits(t, before, BuildOptions{Batch: 1}, images)
	out, m := mustConvert(t, file, Form{FoldBatchNorm: true})
	if d := difference(logits(t, m, BuildOptions{Batch: 1}, images), want); !(d <= 1e-5) {
		t.Errorf("logits differ by %.2g of the largest, want 1e-5", d)
	}
	if strings.Contains(operators(out), "BatchNormalization") {
		t.Errorf("BatchNormalization is left: %s", operators(out))
	}
}

// Refusals name the node and the reason.
func TestConvertRefuses(t *testing.T) {
	softmax := formSpec
	softmax.nodes = append(slices.Clone(formSpec.nodes[:8]),
		makeNode("Softmax", "relu3", "soft"),
		makeNode("GlobalAveragePool", "soft", "pool"), makeNode("Flatten", "pool", "flat"),
		makeNode("Gemm", "flat fc1 fc1.b", "p"))
	softmax.dims = []int64{8}
	wide := formSpec
	wide.tensors = append(slices.Clone(formSpec.tensors[:len(formSpec.tensors)-1]), large("fc2.b", 5))
	for _, c := range []struct {
		name string
		spec spec
		form Form
		want []string
	}{
		{"lower opset", formSpec, Form{Opset: 8}, []string{"opset 8", "opset 9", "never lowered"}},
		{"opset too high", formSpec, Form{Opset: 23}, []string{"opset 23", "22"}},
		{"Softmax over several axes", softmax, Form{Opset: 13}, []string{"Softmax", `"Softmax_soft"`, "axis = 1"}},
		{"beyond float16", wide, Form{Half: true}, []string{`"fc2.b"`, "70000", "65504"}},
		{"quantized below opset 13", formSpec, Form{Quantize: Ranges{}, Opset: 11}, []string{"opset 11", "13"}},
		{"a range is missing", formSpec, Form{Quantize: Ranges{}}, []string{`"padded"`}},
	} {
		_, err := Convert(c.spec.bytes(), c.form)
		if !errors.Is(err, ErrUnsupported) && c.name != "a range is missing" {
			t.Errorf("%s: error %v, want ErrUnsupported", c.name, err)
			continue
		}
		for _, part := range c.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %v, want %q in it", c.name, err, part)
			}
		}
	}
}

func large(name string, dims ...int) *onnxfile.Tensor {
	t := &onnxfile.Tensor{Name: name}
	values := make([]float32, product(dims))
	values[1] = 70000
	t.SetFloats(dims, values)
	return t
}

// A file that is unknown to the tables of opsets is not raised.
func TestUnknownOperatorIsNotRaised(t *testing.T) {
	file, err := onnxfile.Parse(formSpec.bytes())
	if err != nil {
		t.Fatal(err)
	}
	v, err := newView(file)
	if err != nil {
		t.Fatal(err)
	}
	v.file.Graph.Nodes[3].Op = "Mystery"
	var at *OpError
	if err := v.raiseOpset(12); !errors.As(err, &at) || at.Op != "Mystery" || at.Node != "Clip_clip1" {
		t.Errorf("error %v, want one that names Mystery Clip_clip1", err)
	}
}

// The tables say something of every operator that can be built.
func TestOpsetTablesAreComplete(t *testing.T) {
	for _, op := range Operators() {
		if opsetChanges[op] == nil && !slices.Contains(compatible, op) {
			t.Errorf("%s is in no table of export_opset.go", op)
		}
	}
}
