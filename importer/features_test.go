package importer

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"finetune/internal/onnxfile"
)

// TestLoadFeatures puts a head on a tensor of each shape that it may have.
func TestLoadFeatures(t *testing.T) {
	conv := heads["Gemm"]
	conv.nodes, conv.output, conv.dims = conv.nodes[:1], "conv", []int64{4, 6, 6}
	pooled := heads["Gemm"]
	pooled.nodes, pooled.output = pooled.nodes[:3], "flat"
	for name, test := range map[string]struct {
		spec     spec
		features string
		nodes    []string
	}{
		"maps of a backbone":            {conv, "conv", []string{"Conv", "GlobalAveragePool", "Flatten", "Gemm"}},
		"features of a backbone":        {pooled, "flat", []string{"Conv", "GlobalAveragePool", "Flatten", "Gemm"}},
		"by the node's name":            {pooled, "Flatten_flat", []string{"Conv", "GlobalAveragePool", "Flatten", "Gemm"}},
		"in the middle of a classifier": {heads["Gemm"], "pool", []string{"Conv", "GlobalAveragePool", "GlobalAveragePool", "Flatten", "Gemm"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := LoadFeatures(test.spec.bytes(), test.features)
			if err != nil {
				t.Fatal(err)
			}
			if m.Features() != 4 || m.Classes() != 1 {
				t.Errorf("%d classes of %d features, want 1 of 4", m.Classes(), m.Features())
			}
			if err := m.ReplaceHead(3, rand.New(rand.NewPCG(1, 2))); err != nil {
				t.Fatal(err)
			}
			if len(m.HeadParams()) != 2 || len(m.Params) != 3 {
				t.Errorf("head %v of %d parameters, want 2 of 3", m.HeadParams(), len(m.Params))
			}
			images := ramp(2 * 3 * 8 * 8)
			want := logits(t, m, BuildOptions{Batch: 2}, images)
			written, err := Load(write(t, m))
			if err != nil {
				t.Fatal(err)
			}
			if got := logits(t, written, BuildOptions{Batch: 2}, images); len(got) != 6 || !slices.Equal(got, want) {
				t.Errorf("logits of the written model = %v, want %v", got, want)
			}
			var ops []string
			for _, n := range written.file.Graph.Nodes {
				ops = append(ops, n.Op)
			}
			if !slices.Equal(ops, test.nodes) {
				t.Errorf("nodes %v, want %v", ops, test.nodes)
			}
			if got := len(written.file.Graph.Initializers); got != 3 {
				t.Errorf("%d initializers, want those that are used, 3", got)
			}
		})
	}
}

func TestLoadFeaturesErrors(t *testing.T) {
	tokens := heads["Gemm"]
	tokens.nodes = slices.Concat(tokens.nodes[:1], []*onnxfile.Node{
		makeNode("Reshape", "conv to", "tokens"), makeNode("GlobalAveragePool", "conv", "pool"),
	}, tokens.nodes[2:])
	tokens.tensors = append(slices.Clone(tokens.tensors), ints("to", 0, 4, -1))
	for _, test := range []struct {
		features string
		want     error
		text     string
	}{
		{"absent", ErrFeatures, `features "absent": no node and no node's output is called so; the last ones are "logits", "flat", "pool", "tokens", "conv"`},
		{"images", ErrFeatures, `"images": no node`},
		{"tokens", ErrFeatures, `features "tokens" has shape (1, 4, 36), want [N,F] or [N,F,H,W]`},
	} {
		_, err := LoadFeatures(tokens.bytes(), test.features)
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: err = %v, want %v with %q", test.features, err, test.want, test.text)
		}
	}
}

// TestReachableHead takes the classifier and not the linear layer before it,
// whatever the order of the outputs.
func TestReachableHead(t *testing.T) {
	s := heads["Gemm"]
	s.nodes = slices.Concat(s.nodes[:3], []*onnxfile.Node{
		makeNode("MatMul", "flat embed.w", "embedding"), makeNode("Gemm", "embedding fc.w fc.b", "logits", onnxfile.Int("transB", 1)),
	})
	s.tensors = append(slices.Clone(s.tensors), floats("embed.w", 4, 4))
	file, err := onnxfile.Parse(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	file.Graph.Outputs = append([]*onnxfile.ValueInfo{onnxfile.NewName("embedding")}, file.Graph.Outputs...)
	m, err := Load(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if m.head.output != "logits" {
		t.Errorf("the head is before %q, want logits", m.head.output)
	}
}

// TestHeadForms finds the classifier in the forms that exporters write it in.
func TestHeadForms(t *testing.T) {
	trunk := heads["Gemm"].nodes[:3]
	for name, test := range map[string]struct {
		nodes   []*onnxfile.Node
		tensors []*onnxfile.Tensor
		params  int
	}{
		"Gemm without bias, and Add": {
			[]*onnxfile.Node{makeNode("Gemm", "flat fc.w", "product", onnxfile.Int("transB", 1)), makeNode("Add", "product fc.b", "logits")},
			[]*onnxfile.Tensor{floats("fc.w", 5, 4), floats("fc.b", 5)}, 3,
		},
		"MatMul of a transposed weight": {
			[]*onnxfile.Node{makeNode("Transpose", "fc.w", "turned", onnxfile.Ints("perm", 1, 0)), makeNode("MatMul", "flat turned", "product"), makeNode("Add", "product fc.b", "logits")},
			[]*onnxfile.Tensor{floats("fc.w", 5, 4), floats("fc.b", 5)}, 3,
		},
		"weights in half precision behind Cast": {
			[]*onnxfile.Node{makeNode("Cast", "fc.w", "wide", onnxfile.Int("to", 1)), makeNode("Gemm", "flat wide fc.b", "logits", onnxfile.Int("transB", 1))},
			[]*onnxfile.Tensor{narrow(onnxfile.TypeFloat16, "fc.w", []int{5, 4}, ramp(20)), floats("fc.b", 5)}, 3,
		},
		"1×1 Conv, transposed and reshaped, as tf2onnx does": {
			[]*onnxfile.Node{makeNode("Conv", "pool fc.w fc.b", "maps"), makeNode("Transpose", "maps", "nhwc", onnxfile.Ints("perm", 0, 2, 3, 1)), makeNode("Reshape", "nhwc to", "r"), makeNode("Softmax", "r", "logits")},
			[]*onnxfile.Tensor{floats("fc.w", 5, 4, 1, 1), floats("fc.b", 5), ints("to", -1, 5)}, 3,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := heads["Gemm"]
			s.nodes, s.tensors = slices.Concat(trunk, test.nodes), append([]*onnxfile.Tensor{floats("w", 4, 3, 3, 3)}, test.tensors...)
			m, err := Load(s.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if m.Classes() != 5 || m.Features() != 4 || len(m.Params) != test.params || len(m.HeadParams()) != 2 {
				t.Errorf("%d classes of %d features, %d parameters, %d of them the head's, want 5, 4, %d and 2",
					m.Classes(), m.Features(), len(m.Params), len(m.HeadParams()), test.params)
			}
			if err := m.ReplaceHead(7, rand.New(rand.NewPCG(1, 2))); err != nil {
				t.Fatal(err)
			}
			readBack(t, m, 7)
		})
	}
}

// TestTransposedWeight computes what the transposed weight says.
func TestTransposedWeight(t *testing.T) {
	plain, turned := heads["Gemm"], heads["Gemm"]
	turned.nodes = slices.Concat(plain.nodes[:3], []*onnxfile.Node{
		makeNode("Transpose", "fc.w", "t"), makeNode("Gemm", "flat t fc.b", "logits"),
	})
	images := ramp(3 * 8 * 8)
	var got [2][]float32
	for i, s := range []spec{plain, turned} {
		m, err := Load(s.bytes())
		if err != nil {
			t.Fatal(err)
		}
		got[i] = logits(t, m, BuildOptions{Batch: 1}, images)
	}
	if !slices.Equal(got[0], got[1]) {
		t.Errorf("logits %v, want those of transB, %v", got[1], got[0])
	}
}

func TestOpset(t *testing.T) {
	for version, want := range map[int64]string{
		6:  "importer: unsupported opset 6, want 7 to 22",
		7:  "",
		22: "",
		23: "importer: unsupported opset 23, want 7 to 22",
	} {
		s := heads["Gemm"]
		s.opset = version
		_, err := Load(s.bytes())
		if got := message(err); got != want || want != "" && !errors.Is(err, ErrOpset) {
			t.Errorf("opset %d: err = %q, want %q", version, got, want)
		}
	}
	file, err := onnxfile.Parse(heads["Gemm"].bytes())
	if err != nil {
		t.Fatal(err)
	}
	file.Opsets = []onnxfile.Opset{{Domain: "com.example", Version: 1}}
	if _, err := Load(file.Bytes()); !errors.Is(err, ErrOpset) {
		t.Errorf("without an opset: err = %v, want %v", err, ErrOpset)
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
