package importer

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"finetune/internal/onnxfile"
)

// A spec describes a small model: images [N,3,8,8] to classes.
type spec struct {
	ir      int64
	opset   int64
	batch   onnxfile.Dim
	input   []int64 // Sizes of the input but for the batch; default 3,8,8.
	nodes   []*onnxfile.Node
	tensors []*onnxfile.Tensor
	output  string
	dims    []int64 // Sizes of the output but for the batch.
}

func (s spec) bytes() []byte {
	m := &onnxfile.Model{IRVersion: 8, Opsets: []onnxfile.Opset{{Version: 13}}}
	if s.ir != 0 {
		m.IRVersion = s.ir
	}
	if s.opset != 0 {
		m.Opsets[0].Version = s.opset
	}
	if s.input == nil {
		s.input = []int64{3, 8, 8}
	}
	m.Graph = &onnxfile.Graph{Name: "g", Nodes: s.nodes, Initializers: s.tensors}
	dims := func(sizes []int64) []onnxfile.Dim {
		all := []onnxfile.Dim{s.batch}
		for _, size := range sizes {
			all = append(all, onnxfile.Dim{Size: size})
		}
		return all
	}
	m.Graph.Inputs = []*onnxfile.ValueInfo{onnxfile.NewValueInfo("images", onnxfile.TypeFloat, dims(s.input)...)}
	if m.IRVersion < 4 {
		for _, t := range s.tensors {
			m.Graph.Inputs = append(m.Graph.Inputs, onnxfile.NewValueInfo(t.Name, t.Type, sizes(t.Dims)...))
		}
	}
	m.Graph.Outputs = []*onnxfile.ValueInfo{onnxfile.NewValueInfo(s.output, onnxfile.TypeFloat, dims(s.dims)...)}
	return m.Bytes()
}

// makeNode makes a node; inputs are separated by spaces, "-" is a missing one.
func makeNode(op, inputs, output string, attributes ...*onnxfile.Attribute) *onnxfile.Node {
	n := &onnxfile.Node{Op: op, Name: op + "_" + output, Attributes: attributes, Outputs: []string{output}}
	for _, name := range strings.Fields(inputs) {
		n.Inputs = append(n.Inputs, strings.TrimPrefix(name, "-"))
	}
	return n
}

func floats(name string, dims ...int) *onnxfile.Tensor {
	t := &onnxfile.Tensor{Name: name}
	values := ramp(product(dims))
	for i := range values {
		values[i] += float32(len(name)) / 100
	}
	t.SetFloats(dims, values)
	return t
}

func ints(name string, values ...int64) *onnxfile.Tensor {
	t := &onnxfile.Tensor{Name: name}
	t.SetInts([]int{len(values)}, values...)
	return t
}

func scalar(v int64) *onnxfile.Tensor {
	t := new(onnxfile.Tensor)
	t.SetInts(nil, v)
	return t
}

var anyBatch = onnxfile.Dim{Name: "batch"}

// heads are models with every form of a classifier.
var heads = map[string]spec{
	"Gemm": {
		batch: anyBatch, output: "logits", dims: []int64{5},
		nodes: []*onnxfile.Node{
			makeNode("Conv", "images w", "conv"),
			makeNode("GlobalAveragePool", "conv", "pool"),
			makeNode("Flatten", "pool", "flat"),
			makeNode("Gemm", "flat fc.w fc.b", "logits", onnxfile.Int("transB", 1)),
		},
		tensors: []*onnxfile.Tensor{floats("w", 4, 3, 3, 3), floats("fc.w", 5, 4), floats("fc.b", 5)},
	},
	"Gemm, not transposed, without bias, behind Softmax": {
		batch: anyBatch, output: "p", dims: []int64{5},
		nodes: []*onnxfile.Node{
			makeNode("Conv", "images w", "conv"),
			makeNode("ReduceMean", "conv", "pool", onnxfile.Ints("axes", 2, 3), onnxfile.Int("keepdims", 0)),
			makeNode("Gemm", "pool fc.w", "logits"),
			makeNode("Softmax", "logits", "p"),
		},
		tensors: []*onnxfile.Tensor{floats("w", 4, 3, 3, 3), floats("fc.w", 4, 5)},
	},
	"MatMul and Add, NHWC, Softmax before Identity": {
		batch: onnxfile.Dim{}, input: []int64{8, 8, 3}, output: "p", dims: []int64{5}, opset: 11,
		nodes: []*onnxfile.Node{
			makeNode("Transpose", "images", "nchw", onnxfile.Ints("perm", 0, 3, 1, 2)),
			makeNode("Conv", "nchw w", "conv"),
			makeNode("GlobalAveragePool", "conv", "pool"),
			makeNode("Squeeze", "pool", "flat", onnxfile.Ints("axes", 2, 3)),
			makeNode("MatMul", "flat fc.w", "product"),
			makeNode("Add", "fc.b product", "sum"),
			makeNode("Softmax", "sum", "soft"),
			makeNode("Identity", "soft", "p"),
		},
		tensors: []*onnxfile.Tensor{floats("w", 4, 3, 3, 3), floats("fc.w", 4, 5), floats("fc.b", 5)},
	},
	"Conv before the pooling, as in SqueezeNet": {
		batch: onnxfile.Dim{Size: 1}, output: "p", dims: []int64{5, 1, 1}, ir: 3, opset: 7,
		nodes: []*onnxfile.Node{
			makeNode("Conv", "images w", "conv"),
			makeNode("Dropout", "conv", "drop", onnxfile.Float("ratio", 0.5)),
			makeNode("Conv", "drop fc.w fc.b", "maps", onnxfile.Ints("kernel_shape", 1, 1)),
			makeNode("Relu", "maps", "relu"),
			makeNode("GlobalAveragePool", "relu", "pool"),
			makeNode("Softmax", "pool", "p"),
		},
		tensors: []*onnxfile.Tensor{floats("w", 4, 3, 3, 3), floats("fc.w", 5, 4, 1, 1), floats("fc.b", 5)},
	},
	"Conv behind the pooling, Reshape to the classes": {
		batch: onnxfile.Dim{Size: 1}, output: "logits", dims: []int64{5}, ir: 3, opset: 9,
		nodes: []*onnxfile.Node{
			makeNode("Conv", "images w", "conv"),
			makeNode("GlobalAveragePool", "conv", "pool"),
			makeNode("Conv", "pool fc.w", "maps"),
			makeNode("Reshape", "maps to", "logits"),
		},
		tensors: []*onnxfile.Tensor{floats("w", 4, 3, 3, 3), floats("fc.w", 5, 4, 1, 1), ints("to", 1, 5)},
	},
	"Reshape to a fixed batch, targets and weights from Constant": {
		batch: onnxfile.Dim{Size: 1}, output: "logits", dims: []int64{5},
		nodes: []*onnxfile.Node{
			makeNode("Constant", "", "to", onnxfile.Value("value", ints("", 1, 4))),
			makeNode("Constant", "", "fc.w", onnxfile.Value("value", floats("", 4, 5))),
			makeNode("Constant", "", "six", onnxfile.Float("value_float", 6)),
			makeNode("Conv", "images w", "conv"),
			makeNode("Clip", "conv - six", "clip"),
			makeNode("GlobalAveragePool", "clip", "pool"),
			makeNode("Reshape", "pool to", "flat"),
			makeNode("Gemm", "flat fc.w fc.b", "logits"),
		},
		tensors: []*onnxfile.Tensor{floats("w", 4, 3, 3, 3), floats("fc.b", 1, 5)},
	},
	"Reshape to a shape that is computed": {
		batch: anyBatch, output: "logits", dims: []int64{5}, opset: 11,
		nodes: []*onnxfile.Node{
			makeNode("Conv", "images w", "conv"),
			makeNode("GlobalAveragePool", "conv", "pool"),
			makeNode("Shape", "pool", "shape"),
			makeNode("Constant", "", "zero", onnxfile.Value("value", scalar(0))),
			makeNode("Gather", "shape zero", "n"),
			makeNode("Unsqueeze", "n", "n1", onnxfile.Ints("axes", 0)),
			makeNode("Concat", "n1 rest", "to", onnxfile.Int("axis", 0)),
			makeNode("Reshape", "pool to", "flat"),
			makeNode("Gemm", "flat fc.w fc.b", "logits"),
		},
		tensors: []*onnxfile.Tensor{floats("w", 4, 3, 3, 3), floats("fc.w", 4, 5), floats("fc.b", 5), ints("rest", -1)},
	},
}

func TestHeads(t *testing.T) {
	for name, s := range heads {
		t.Run(name, func(t *testing.T) { testHead(t, s) })
	}
}

// testHead runs a model, replaces its head, writes it, and runs what was
// written with two images.
func testHead(t *testing.T, s spec) {
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if m.Classes() != 5 || m.Features() != 4 {
		t.Errorf("%d classes of %d features, want 5 of 4", m.Classes(), m.Features())
	}
	if c, h, w := m.InputSize(); c != 3 || h != 8 || w != 8 {
		t.Errorf("input %d,%d,%d, want 3,8,8", c, h, w)
	}
	one, images := BuildOptions{Batch: 1}, ramp(2*3*8*8)
	if y := logits(t, m, one, images[:3*8*8]); len(y) != 5 {
		t.Errorf("%d logits, want 5", len(y))
	}
	if err := m.ReplaceHead(7, rand.New(rand.NewPCG(1, 2))); err != nil {
		t.Fatal(err)
	}
	for _, i := range m.HeadParams() {
		if !strings.HasPrefix(m.Params[i].Name, "fc.") || !slices.Contains(m.Params[i].Shape, 7) {
			t.Errorf("head parameter %q of shape %v", m.Params[i].Name, m.Params[i].Shape)
		}
	}
	for i := range m.Params {
		for j := range m.Params[i].Value {
			m.Params[i].Value[j] += 0.125
		}
	}
	file := write(t, m)
	if !bytes.Equal(file, write(t, m)) {
		t.Error("two writes differ")
	}
	loaded, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	two := BuildOptions{Batch: 2, Loss: true}
	want := logits(t, m, two, images)
	if got := logits(t, loaded, two, images); len(got) != 14 || !slices.Equal(got, want) {
		t.Errorf("logits of the written model = %v, want %v", got, want)
	}
	if first := logits(t, m, one, images[:3*8*8]); !slices.Equal(first, want[:7]) {
		t.Errorf("logits of one image = %v, want those in a batch, %v", first, want[:7])
	}
	if again := write(t, loaded); !bytes.Equal(again, file) {
		t.Error("the written model, loaded and written, differs")
	}
}

func write(t *testing.T, m *Model) []byte {
	t.Helper()
	var w bytes.Buffer
	if err := m.WriteONNX(&w, map[string]string{"task": "test"}); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

func TestNoClassifier(t *testing.T) {
	s := heads["Gemm"]
	s.nodes, s.output = s.nodes[:3], "flat"
	_, err := Load(s.bytes())
	want := `importer: no classifier: output "flat" comes from Conv "Conv_conv", which is no classifier, want a Gemm, a MatMul or a 1×1 Conv with a constant weight before it`
	if !errors.Is(err, ErrNoClassifier) || err.Error() != want {
		t.Errorf("err = %v, want %s", err, want)
	}
}

// TestOutputs finds the classifier behind the second output, and keeps that one.
func TestOutputs(t *testing.T) {
	file, err := onnxfile.Parse(heads["Gemm"].bytes())
	if err != nil {
		t.Fatal(err)
	}
	file.Graph.Outputs = append([]*onnxfile.ValueInfo{onnxfile.NewName("flat")}, file.Graph.Outputs...)
	m, err := Load(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if outputs := m.file.Graph.Outputs; len(outputs) != 1 || outputs[0].Name != "logits" {
		t.Errorf("%d outputs, want logits alone", len(outputs))
	}
}

// TestInputs refuses a model that needs more than the image.
func TestInputs(t *testing.T) {
	s := heads["Gemm"]
	s.nodes = slices.Clone(s.nodes)
	s.nodes[2] = makeNode("Concat", "pool more", "flat", onnxfile.Int("axis", 1))
	s.tensors = append(slices.Clone(s.tensors), floats("more", 1))
	file, err := onnxfile.Parse(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	file.Graph.Inputs = append(file.Graph.Inputs, onnxfile.NewName("more"))
	file.Graph.Initializers = file.Graph.Initializers[:3]
	_, err = Load(file.Bytes())
	want := `importer: no image input: 2 inputs ["images" "more"] lead to the classifier, want 1`
	if !errors.Is(err, ErrInput) || err.Error() != want {
		t.Errorf("err = %v, want %s", err, want)
	}
}

func TestUnsupported(t *testing.T) {
	s := heads["Gemm"]
	foreign := makeNode("Fused", "b", "c")
	foreign.Domain = "com.example"
	s.nodes = append([]*onnxfile.Node{
		makeNode("Tan", "images", "a"), makeNode("Erf", "a", "b"), foreign, makeNode("Tan", "c", "d"),
		makeNode("Conv", "d w", "conv"),
	}, s.nodes[1:]...)
	_, err := Load(s.bytes())
	want := `importer: unsupported operators: Tan ("Tan_a", "Tan_d"), com.example.Fused ("Fused_c")`
	var list *UnsupportedError
	if !errors.As(err, &list) || !errors.Is(err, ErrUnsupported) || err.Error() != want {
		t.Fatalf("err = %v, want %s", err, want)
	}
	if got := list.Operators(); !slices.Equal(got, []string{"Tan", "com.example.Fused"}) {
		t.Errorf("operators = %v", got)
	}
}

func TestUnknownAttribute(t *testing.T) {
	s := heads["Gemm"]
	s.nodes = slices.Clone(s.nodes)
	s.nodes[1] = makeNode("GlobalAveragePool", "conv", "pool", onnxfile.Int("twist", 3))
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Build(BuildOptions{Batch: 1})
	want := `importer: GlobalAveragePool "GlobalAveragePool_pool": attribute twist = 3 in opset 13: unsupported`
	if !errors.Is(err, ErrUnsupported) || err.Error() != want {
		t.Errorf("err = %v, want %s", err, want)
	}
}

func TestUntie(t *testing.T) {
	s := heads["Gemm"]
	s.nodes = slices.Concat(s.nodes[:1], []*onnxfile.Node{
		makeNode("BatchNormalization", "conv gamma same same gamma", "norm"),
		makeNode("GlobalAveragePool", "norm", "pool"),
	}, s.nodes[2:])
	s.tensors = append(slices.Clone(s.tensors), floats("gamma", 4), floats("same", 4))
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := tensorNames(m.Params); !slices.Equal(got, []string{"w", "gamma", "same", "fc.w", "fc.b"}) {
		t.Errorf("params = %q", got)
	}
	if got := tensorNames(m.Statistics); !slices.Equal(got, []string{"same.2", "gamma.2"}) {
		t.Errorf("statistics = %q", got)
	}
}

func tensorNames(list []Tensor) (names []string) {
	for _, t := range list {
		names = append(names, t.Name)
	}
	return names
}
