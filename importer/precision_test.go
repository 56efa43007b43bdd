package importer

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/onnxfile"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// halves decodes a half precision tensor that is encoded by hand: dims, data
// type 10, name and raw data.
func halves(t *testing.T, name string, dims []byte, values ...uint16) *onnxfile.Tensor {
	t.Helper()
	var raw []byte
	for _, v := range values {
		raw = append(raw, byte(v), byte(v>>8))
	}
	data := []byte{1<<3 | 2, byte(len(dims))}
	data = append(data, dims...)
	data = append(data, 2<<3, byte(onnxfile.TypeFloat16), 8<<3|2, byte(len(name)))
	data = append(data, name...)
	data = append(data, 9<<3|2, byte(len(raw)))
	p, err := onnxfile.ParseTensor(append(data, raw...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestHalfPrecision loads a model of half precision, which becomes a float one.
func TestHalfPrecision(t *testing.T) {
	const one, two = 0x3c00, 0x4000
	s := spec{
		batch: anyBatch, output: "logits", dims: []int64{2}, input: []int64{2, 1, 1},
		nodes: []*onnxfile.Node{
			makeNode("Mul", "images scale", "scaled"),
			makeNode("Cast", "scaled", "cast", onnxfile.Int("to", int64(onnxfile.TypeFloat16))),
			makeNode("Flatten", "cast", "flat"),
			makeNode("Gemm", "flat w", "logits"),
		},
		tensors: []*onnxfile.Tensor{
			halves(t, "scale", []byte{1}, two),
			halves(t, "w", []byte{2, 2}, one, two, two, one),
		},
	}
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, m)
	written, err := onnxfile.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range written.Graph.Initializers {
		if p.Type != onnxfile.TypeFloat {
			t.Errorf("%q is of type %v, want float", p.Name, p.Type)
		}
	}
	if a := written.Graph.Nodes[1].Attribute("to"); a.Int != int64(onnxfile.TypeFloat) {
		t.Errorf("Cast to %d, want %d", a.Int, onnxfile.TypeFloat)
	}
	loaded, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*Model{m, loaded} {
		got := logits(t, m, BuildOptions{Batch: 1}, []float32{1, 10})
		if got[0] != 42 || got[1] != 24 {
			t.Errorf("logits %v, want [42 24]", got)
		}
	}
}

// TestModes builds each kind of graph and differentiates it.
func TestModes(t *testing.T) {
	s := heads["Gemm"]
	s.nodes = append([]*onnxfile.Node{
		makeNode("Conv", "images w", "c"),
		makeNode("BatchNormalization", "c gamma beta mean var", "conv", onnxfile.Float("momentum", 0.75)),
	}, s.nodes[1:]...)
	s.tensors = append([]*onnxfile.Tensor{floats("gamma", 4), floats("beta", 4), floats("mean", 4)}, s.tensors...)
	variance := &onnxfile.Tensor{Name: "var"}
	variance.SetFloats([]int{4}, []float32{1, 2, 3, 4})
	s.tensors = append(s.tensors, variance)
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	losses := map[Mode]float64{}
	for _, mode := range []Mode{Evaluate, TrainFrozen, TrainBatch} {
		g, err := m.Build(BuildOptions{Batch: 2, Mode: mode, Loss: true, LabelSmoothing: 0.1, Float64: true})
		if err != nil {
			t.Fatal(err)
		}
		grads, err := G.Grad(g.Loss, g.Params...)
		if err != nil || len(grads) != len(m.Params) {
			t.Fatalf("mode %d: %d gradients, err = %v", mode, len(grads), err)
		}
		losses[mode] = lossOf(t, m, g)
	}
	if losses[Evaluate] != losses[TrainFrozen] || losses[Evaluate] == losses[TrainBatch] || math.IsNaN(losses[TrainBatch]) {
		t.Errorf("losses %v: want frozen as in evaluation, and batch statistics to differ", losses)
	}
}

// lossOf runs a float64 graph for two images of class 0.
func lossOf(t *testing.T, m *Model, g *Graph) float64 {
	t.Helper()
	wide := func(n *G.Node, values []float32) {
		backing := make([]float64, len(values))
		for i, v := range values {
			backing[i] = float64(v)
		}
		if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(backing))); err != nil {
			t.Fatal(err)
		}
	}
	wide(g.Images, ramp(2*3*8*8))
	wide(g.Labels, []float32{1, 0, 0, 0, 0, 1, 0, 0, 0, 0})
	for i, p := range m.Params {
		wide(g.Params[i], p.Value)
	}
	for i, p := range m.Statistics {
		wide(g.Statistics[i], p.Value)
	}
	var loss G.Value
	G.Read(g.Loss, &loss)
	vm := G.NewTapeMachine(g.G)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return loss.Data().(float64)
}

func TestSetInputSize(t *testing.T) {
	for name, want := range map[string]string{"Gemm": "[batch 3 6 4]", "MatMul and Add, NHWC, Softmax before Identity": "[N 6 4 3]"} {
		m, err := Load(heads[name].bytes())
		if err != nil {
			t.Fatal(err)
		}
		m.SetInputSize(6, 4)
		loaded, err := Load(write(t, m))
		if err != nil {
			t.Fatal(err)
		}
		if c, h, w := loaded.InputSize(); c != 3 || h != 6 || w != 4 {
			t.Errorf("%s: input %d,%d,%d, want 3,6,4", name, c, h, w)
		}
		if got := fmt.Sprint(loaded.input.Dims); got != want {
			t.Errorf("%s: input is %s, want %s", name, got, want)
		}
	}
}
