package importer

import (
	"slices"
	"testing"

	"finetune/internal/onnxfile"
)

// TestTiedLayer keeps the bias of a layer that is used twice one tensor, with
// its weight, so that its gradient is the sum of both uses; what only has equal
// values is untied.
func TestTiedLayer(t *testing.T) {
	for name, test := range map[string]struct {
		weights [2]string // Of two convolutions.
		bias    []float32 // Of both.
		want    []string  // Parameters.
	}{
		"one layer":                        {[2]string{"v", "v"}, []float32{1, 2, 3, 4}, []string{"w", "v", "b", "fc.w", "fc.b"}},
		"one layer, fresh":                 {[2]string{"v", "v"}, []float32{0, 0, 0, 0}, []string{"w", "v", "b", "fc.w", "fc.b"}},
		"two fresh layers":                 {[2]string{"v", "u"}, []float32{0, 0, 0, 0}, []string{"w", "v", "b", "u", "b.2", "fc.w", "fc.b"}},
		"one trained bias of two products": {[2]string{"v", "u"}, []float32{1, 2, 3, 4}, []string{"w", "v", "b", "u", "fc.w", "fc.b"}},
	} {
		s := heads["Gemm"]
		s.nodes = slices.Concat(s.nodes[:1], []*onnxfile.Node{
			makeNode("Conv", "conv "+test.weights[0]+" b", "once"), makeNode("Conv", "once "+test.weights[1]+" b", "twice"),
			makeNode("GlobalAveragePool", "twice", "pool"),
		}, s.nodes[2:])
		s.tensors = append(slices.Clone(s.tensors), floats("v", 4, 4, 1, 1), floats("u", 4, 4, 1, 1), scales("b", test.bias...))
		m, err := Load(s.bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got := tensorNames(m.Params); !slices.Equal(got, test.want) {
			t.Errorf("%s: params %q, want %q", name, got, test.want)
		}
	}
}

// TestTiedMatMul looks for the weight of a bias that is an Add.
func TestTiedMatMul(t *testing.T) {
	s := heads["Gemm"]
	s.nodes = slices.Concat(s.nodes[:3], []*onnxfile.Node{
		makeNode("MatMul", "flat v", "a"), makeNode("Add", "a b", "once"), makeNode("MatMul", "once v", "c"), makeNode("Add", "c b", "twice"),
		makeNode("MatMul", "twice u", "e"), makeNode("Add", "e b", "thrice"),
		makeNode("Gemm", "thrice fc.w fc.b", "logits", onnxfile.Int("transB", 1)),
	})
	s.tensors = append(slices.Clone(s.tensors), floats("v", 4, 4), floats("u", 4, 4), scales("b", 0, 0, 0, 0))
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tensorNames(m.Params), []string{"w", "v", "b", "u", "b.2", "fc.w", "fc.b"}; !slices.Equal(got, want) {
		t.Errorf("params %q, want %q", got, want)
	}
}
