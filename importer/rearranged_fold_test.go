package importer

import (
	"fmt"
	"slices"
	"testing"

	"finetune/internal/onnxfile"
)

// TestReshapedWeights trains what a file keeps in another shape: the weight of
// a convolution, as tf2onnx writes depthwise ones, and a scale of channels, as
// PyTorch writes ConvNeXt's where it folds nothing.
func TestReshapedWeights(t *testing.T) {
	s := heads["Gemm"]
	tail := s.nodes[1:]
	s.nodes = slices.Concat([]*onnxfile.Node{
		makeNode("Conv", "images w", "c"), makeNode("Mul", "c scale", "conv"),
	}, tail)
	rest := s.tensors[1:]
	s.tensors = slices.Concat([]*onnxfile.Tensor{floats("w", 4, 3, 3, 3), floats("scale", 1, 4, 1, 1)}, rest)
	plain, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	images := ramp(2 * 3 * 8 * 8)
	want := logits(t, plain, BuildOptions{Batch: 2}, images)

	s.nodes = slices.Concat([]*onnxfile.Node{
		makeNode("Reshape", "w of_w", "w4", onnxfile.Int("allowzero", 0)), makeNode("Conv", "images w4", "c"),
		makeNode("Reshape", "scale of_scale", "scale4"), makeNode("Mul", "c scale4", "conv"),
	}, tail)
	s.tensors = slices.Concat([]*onnxfile.Tensor{floats("w", 4, 27), ints("of_w", 0, 3, 3, -1), floats("scale", 4), ints("of_scale", 1, -1, 1, 1)}, rest)
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	var params []string
	for _, p := range m.Params {
		params = append(params, fmt.Sprint(p.Name, p.Shape))
	}
	if want := []string{"w4[4 3 3 3]", "scale4[1 4 1 1]", "fc.w[5 4]", "fc.b[5]"}; !slices.Equal(params, want) {
		t.Errorf("parameters are %v, want %v", params, want)
	}
	if got := logits(t, m, BuildOptions{Batch: 2}, images); !slices.Equal(got, want) {
		t.Errorf("logits %v, want those of weights in their shape, %v", got, want)
	}
	readBack(t, m, 5)
}

// TestSharedWeightStays: a constant that several nodes read keeps its shape, and
// so does one whose new shape is wrong, which Build reports.
func TestSharedWeightStays(t *testing.T) {
	s := heads["Gemm"]
	s.tensors = append(s.tensors[:len(s.tensors):len(s.tensors)], floats("scale", 4), ints("to", 1, -1, 1, 1), ints("wrong", 3, -1))
	shared := slices.Concat([]*onnxfile.Node{
		makeNode("Conv", "images w", "c"), makeNode("Reshape", "scale to", "a"), makeNode("Reshape", "scale to", "b"),
		makeNode("Mul", "c a", "ca"), makeNode("Mul", "ca b", "conv"),
	}, s.nodes[1:])
	wrong := slices.Concat([]*onnxfile.Node{
		makeNode("Conv", "images w", "c"), makeNode("Reshape", "scale wrong", "a"), makeNode("Mul", "c a", "conv"),
	}, s.nodes[1:])
	for _, nodes := range [][]*onnxfile.Node{shared, wrong} {
		s.nodes = nodes
		m, err := Load(s.bytes())
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Params) != 3 || m.graph.constants["scale"] == nil {
			t.Errorf("%d parameters, want 3, and scale as it was", len(m.Params))
		}
	}
}
