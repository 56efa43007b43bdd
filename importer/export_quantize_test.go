package importer

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"finetune/internal/onnxfile"

	G "gorgonia.org/gorgonia"
)

// TestQuantizeGemm checks a quantized Gemm against the same sums by hand.
func TestQuantizeGemm(t *testing.T) {
	s := spec{
		batch: anyBatch, output: "p", dims: []int64{2}, input: []int64{2, 1, 1},
		nodes: []*onnxfile.Node{
			makeNode("Flatten", "images", "flat"),
			makeNode("Gemm", "flat w b", "p", onnxfile.Int("transB", 1)),
		},
		tensors: []*onnxfile.Tensor{{Name: "w"}, {Name: "b"}},
	}
	s.tensors[0].SetFloats([]int{2, 2}, []float32{1, -0.5, 0.25, 0.1})
	s.tensors[1].SetFloats([]int{2}, []float32{0.3, -2})
	out, m := mustConvert(t, s.bytes(), Form{Quantize: Ranges{"flat": {-1, 4}}})
	if want := "DequantizeLinear DequantizeLinear"; strings.Count(operators(out), "DequantizeLinear") != 3 {
		t.Errorf("operators %s, want %s and one more", operators(out), want)
	}
	images := []float32{-0.33, 5} // The second is beyond the range.
	got := logits(t, m, BuildOptions{Batch: 1}, images)

	scale := float32(5) / 255
	x0 := scale * float32(math.RoundToEven(float64(float32(-0.33)/scale)))
	x1 := scale * float32(255-math.RoundToEven(1/float64(scale)))
	grid := func(w, largest float32) float32 {
		s := largest / weightLevels
		return s * float32(math.RoundToEven(float64(w/s)))
	}
	bias := func(b, largest float32) float32 {
		s := scale * (largest / weightLevels)
		return s * float32(math.RoundToEven(float64(b/s)))
	}
	want := []float32{
		grid(1, 1)*x0 + grid(-0.5, 1)*x1 + bias(0.3, 1),
		grid(0.25, 0.25)*x0 + grid(0.1, 0.25)*x1 + bias(-2, 0.25),
	}
	for i := range want {
		if !(math.Abs(float64(got[i]-want[i])) <= 1e-5) {
			t.Errorf("logits[%d] = %v, want %v", i, got[i], want[i])
		}
	}
	if d := math.Abs(float64(got[0] - (-0.33 - 2.5 + 0.3))); d < 1e-3 {
		t.Errorf("logits[0] = %v is as if 5 were inside of the range", got[0])
	}
}

// A quantized model keeps close to the one that it was made of, and cannot be
// trained or written.
func TestQuantize(t *testing.T) {
	folded, before := mustConvert(t, formSpec.bytes(), Form{FoldBatchNorm: true})
	names := before.QuantizedTensors()
	if got, want := fmt.Sprint(names), "[padded clip1 bn2 relu3 pool bn4 narrow]"; got != want {
		t.Fatalf("quantized tensors %s, want %s", got, want)
	}
	images := ramp(2 * 3 * 8 * 8)
	want := logits(t, before, BuildOptions{Batch: 2}, images)
	ranges := rangesOf(t, before, names, images)
	_, m := mustConvert(t, folded, Form{Quantize: ranges})
	if !m.Quantized() {
		t.Error("Quantized = false")
	}
	d := difference(logits(t, m, BuildOptions{Batch: 2}, images), want)
	if !(d > 1e-6 && d < 0.1) {
		t.Errorf("logits differ by %.2g of the largest, want some, and less than 0.1", d)
	}
	if _, err := m.Build(BuildOptions{Batch: 2, Mode: TrainFrozen}); err == nil || !strings.Contains(err.Error(), "not trained") {
		t.Errorf("built for training: error %v", err)
	}
	if err := m.WriteONNX(nil, nil); err == nil {
		t.Error("written: no error")
	}
}

// rangesOf runs m on two images.
func rangesOf(t *testing.T, m *Model, names []string, images []float32) Ranges {
	t.Helper()
	g, err := m.Build(BuildOptions{Batch: 2, Tensors: names})
	if err != nil {
		t.Fatal(err)
	}
	bind(t, g.Images, images)
	for i, p := range m.Params {
		bind(t, g.Params[i], p.Value)
	}
	for i, s := range m.Statistics {
		bind(t, g.Statistics[i], s.Value)
	}
	values := make([]G.Value, len(names))
	for i, n := range g.Tensors {
		G.Read(n, &values[i])
	}
	vm := G.NewTapeMachine(g.G)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	ranges := Ranges{}
	for i, name := range names {
		data := values[i].Data().([]float32)
		ranges[name] = [2]float32{slices.Min(data), slices.Max(data)}
	}
	return ranges
}

func TestActivationGrid(t *testing.T) {
	for _, c := range []struct {
		lo, hi float32
		want   grid
	}{
		{0, 6, grid{6. / 255, 0}},
		{-1, 1, grid{2. / 255, 128}},
		{2, 4, grid{4. / 255, 0}},
		{-5, -1, grid{5. / 255, 255}},
		{0, 0, grid{1, 0}},
	} {
		if got := activationGrid([2]float32{c.lo, c.hi}); got != c.want {
			t.Errorf("activationGrid(%v, %v) = %v, want %v", c.lo, c.hi, got, c.want)
		}
	}
}
