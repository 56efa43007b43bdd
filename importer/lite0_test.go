package importer

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// lite0 returns the file of EfficientNet-Lite0.
func lite0(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile("../weights/efficientnet_lite0.onnx")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// logits runs a graph of m on the TapeMachine.
func logits(t testing.TB, m *Model, o BuildOptions, images []float32) []float32 {
	t.Helper()
	g, err := m.Build(o)
	if err != nil {
		t.Fatal(err)
	}
	bind(t, g.Images, images)
	if g.Labels != nil {
		bind(t, g.Labels, make([]float32, g.Labels.Shape().TotalSize()))
	}
	for i, p := range m.Params {
		bind(t, g.Params[i], p.Value)
	}
	for i, s := range m.Statistics {
		bind(t, g.Statistics[i], s.Value)
	}
	var v G.Value
	G.Read(g.Logits, &v)
	vm := G.NewTapeMachine(g.G)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return v.Data().([]float32)
}

func bind(t testing.TB, n *G.Node, values []float32) {
	t.Helper()
	if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(values))); err != nil {
		t.Fatal(err)
	}
}

// ramp returns n numbers that look arbitrary, in [-1, 1).
func ramp(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32((i*7919)%2000)/1000 - 1
	}
	return x
}

func TestLite0(t *testing.T) {
	m, err := Load(lite0(t))
	if err != nil {
		t.Fatal(err)
	}
	if c, h, w := m.InputSize(); c != 3 || h != 224 || w != 224 {
		t.Errorf("input %d,%d,%d, want 3,224,224", c, h, w)
	}
	if m.Classes() != 1000 || m.Features() != 1280 {
		t.Errorf("%d classes of %d features, want 1000 of 1280", m.Classes(), m.Features())
	}
	if len(m.Params) != 149 || len(m.Statistics) != 98 {
		t.Errorf("%d params and %d statistics, want 149 and 98", len(m.Params), len(m.Statistics))
	}
	images := ramp(3 * 32 * 32)
	o := BuildOptions{Batch: 1, Height: 32, Width: 32}
	first := logits(t, m, o, images)
	for i, v := range first {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Fatalf("logits[%d] = %v", i, v)
		}
	}
	if again := logits(t, m, o, images); !slices.Equal(first, again) {
		t.Error("a second run gives other logits")
	}
}

func TestLite0Export(t *testing.T) {
	m, err := Load(lite0(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.ReplaceHead(102, rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Fatal(err)
	}
	var file, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&file, &again} {
		if err := m.WriteONNX(w, map[string]string{"classes": "102"}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(file.Bytes(), again.Bytes()) {
		t.Error("two writes differ")
	}
	loaded, err := Load(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Classes() != 102 || loaded.Metadata["classes"] != "102" || loaded.Metadata["license"] != "Apache-2.0" {
		t.Errorf("%d classes, metadata %v", loaded.Classes(), loaded.Metadata)
	}
	o := BuildOptions{Batch: 1, Height: 32, Width: 32}
	images := ramp(3 * 32 * 32)
	if !slices.Equal(logits(t, m, o, images), logits(t, loaded, o, images)) {
		t.Error("the written model gives other logits")
	}
}
