package importer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"finetune/internal/onnxfile"
)

// distilled is a model of two classifiers behind their own scales, whose logits
// are averaged, as LeViT ends. Their biases are one tensor of zeros, which the
// second reads through an Identity, as PyTorch merges them.
func distilled() spec {
	s := heads["Gemm"]
	s.nodes = slices.Concat(s.nodes[:3], []*onnxfile.Node{
		makeNode("Mul", "flat scale", "mine"), makeNode("Gemm", "mine fc.w fc.b", "a", onnxfile.Int("transB", 1)),
		makeNode("Identity", "fc.b", "teacher.b"),
		makeNode("Mul", "flat scale.teacher", "teacher"), makeNode("MatMul", "teacher teacher.w", "product"), makeNode("Add", "product teacher.b", "b"),
		makeNode("Add", "a b", "sum"), makeNode("Div", "sum two", "logits"),
	})
	s.tensors = append(slices.Clone(s.tensors), floats("scale", 4), floats("scale.teacher", 4), floats("teacher.w", 4, 5), scales("two", 2))
	s.tensors[2] = &onnxfile.Tensor{Name: "fc.b"}
	s.tensors[2].SetFloats([]int{5}, make([]float32, 5))
	return s
}

// TestDistilledHead replaces both classifiers; the logits are the mean of theirs.
func TestDistilledHead(t *testing.T) {
	m, err := Load(distilled().bytes())
	if err != nil {
		t.Fatal(err)
	}
	if m.Classes() != 5 || m.Features() != 4 {
		t.Errorf("%d classes of %d features, want 5 of 4", m.Classes(), m.Features())
	}
	if err := m.ReplaceHead(3, rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range m.HeadParams() {
		names = append(names, m.Params[i].Name)
	}
	if !slices.Equal(names, []string{"fc.w", "fc.b", "teacher.w", "fc.b.2"}) {
		t.Fatalf("parameters of the head %q, want those of both classifiers", names)
	}
	param := func(name string) []float32 { return m.Params[m.params[name]].Value }
	param("fc.b")[2], param("fc.b.2")[2] = 1, 3 // Their mean is seen in class 2.
	images := ramp(2 * 3 * 8 * 8)
	got := logits(t, m, BuildOptions{Batch: 2}, images)
	g, err := m.Build(BuildOptions{Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	if g.Features != nil {
		t.Errorf("features %v, want none: the classifiers read different ones", g.Features)
	}
	clear(param("fc.w"))
	clear(param("teacher.w"))
	for i, want := range []float32{0, 0, 2, 0, 0, 2} {
		if bias := logits(t, m, BuildOptions{Batch: 2}, images)[i]; bias != want {
			t.Errorf("logit %d of zero weights = %v, want %v", i, bias, want)
		}
	}
	if len(got) != 6 || math.Abs(float64(got[2]-2)) > 1 || got[0] == 0 {
		t.Errorf("logits %v", got)
	}
}

// TestDistilledHeadWritten reads the written file back.
func TestDistilledHeadWritten(t *testing.T) {
	m, err := Load(distilled().bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.ReplaceHead(3, rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Fatal(err)
	}
	written := readBack(t, m, 3)
	for _, name := range written.QuantizedTensors() {
		if name == "a" || name == "b" || name == "product" {
			t.Errorf("logits %q would be quantized", name)
		}
	}
}

// TestNoDistilledHead refuses sums that are not of two classifiers' logits.
func TestNoDistilledHead(t *testing.T) {
	trunk, fc := heads["Gemm"].nodes[:3], makeNode("Gemm", "flat fc.w fc.b", "a", onnxfile.Int("transB", 1))
	for name, nodes := range map[string][]*onnxfile.Node{
		"one classifier twice":     {fc, makeNode("Add", "a a", "logits")},
		"a classifier of others":   {fc, makeNode("Gemm", "flat w.more", "b"), makeNode("Add", "a b", "logits")},
		"a sum of probabilities":   {fc, makeNode("Gemm", "flat w.same", "b"), makeNode("Softmax", "a", "p"), makeNode("Add", "p b", "logits")},
		"a layer and what it adds": {makeNode("Gemm", "flat w.square", "b"), makeNode("Add", "flat b", "logits")},
		"a scale without a sum":    {fc, makeNode("Div", "a two", "logits")},
	} {
		s := heads["Gemm"]
		s.nodes = slices.Concat(trunk, nodes)
		s.tensors = append(slices.Clone(s.tensors), floats("w.more", 4, 6), floats("w.same", 4, 5), floats("w.square", 4, 4), scales("two", 2))
		if _, err := Load(s.bytes()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestSharedBiasOfClassifier replaces the classifier's bias, and not that of the
// layer before it with which it was merged.
func TestSharedBiasOfClassifier(t *testing.T) {
	s := heads["Gemm"]
	s.nodes = slices.Concat(s.nodes[:3], []*onnxfile.Node{
		makeNode("Gemm", "flat hidden.w fc.b", "hidden", onnxfile.Int("transB", 1)), makeNode("Relu", "hidden", "relu"),
		makeNode("Gemm", "relu last.w fc.b", "logits", onnxfile.Int("transB", 1)),
	})
	zeros := &onnxfile.Tensor{Name: "fc.b"}
	zeros.SetFloats([]int{5}, make([]float32, 5))
	s.tensors = []*onnxfile.Tensor{s.tensors[0], floats("hidden.w", 5, 4), floats("last.w", 5, 5), zeros}
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.ReplaceHead(3, rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Fatal(err)
	}
	if got := len(logits(t, m, BuildOptions{Batch: 1}, ramp(3*8*8))); got != 3 {
		t.Errorf("%d logits, want 3", got)
	}
}

// readBack writes m, reads it and compares the logits, of so many classes, of
// two images of 8×8 pixels.
func readBack(t *testing.T, m *Model, classes int) *Model {
	t.Helper()
	images := ramp(2 * 3 * 8 * 8)
	want := logits(t, m, BuildOptions{Batch: 2}, images)
	written, err := Load(write(t, m))
	if err != nil {
		t.Fatal(err)
	}
	if got := logits(t, written, BuildOptions{Batch: 2}, images); len(got) != 2*classes || !slices.Equal(got, want) {
		t.Errorf("logits of the written model = %v, want %v", got, want)
	}
	return written
}
