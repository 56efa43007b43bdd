package importer

import (
	"slices"
	"testing"

	"finetune/internal/onnxfile"
)

// preparedSpec is a model of images [N,H,W,C] that rescales, normalizes and pads
// them, before or behind the Transpose to [N,C,H,W].
func preparedSpec(behind bool) spec {
	s := heads["MatMul and Add, NHWC, Softmax before Identity"]
	transpose, rest := s.nodes[0], s.nodes[1:]
	perChannel, pads := []int{3}, ints("pads", 0, 1, 2, 0, 0, 1, 1, 0)
	first, last := "images", "padded"
	if behind {
		perChannel, pads = []int{3, 1, 1}, ints("pads", 0, 0, 1, 2, 0, 0, 1, 1)
		first, last = "transposed", "nchw"
	}
	prepare := []*onnxfile.Node{
		makeNode("Cast", first, "float", onnxfile.Int("to", int64(onnxfile.TypeFloat))),
		makeNode("Mul", "float scale", "scaled"),
		makeNode("Sub", "scaled mean", "centred"),
		makeNode("Div", "centred std", "normalized"),
		makeNode("Pad", "normalized pads", last),
	}
	nodes := slices.Concat(prepare, []*onnxfile.Node{makeNode("Transpose", last, "nchw", transpose.Attributes...)})
	if behind {
		nodes = slices.Concat([]*onnxfile.Node{makeNode("Transpose", "images", first, transpose.Attributes...)}, prepare)
	}
	constant := func(name string, dims []int, values ...float32) *onnxfile.Tensor {
		t := &onnxfile.Tensor{Name: name}
		t.SetFloats(dims, values)
		return t
	}
	s.nodes = slices.Concat(nodes, rest)
	s.tensors = append(slices.Clone(s.tensors), pads, constant("scale", nil, 0.25),
		constant("mean", perChannel, 0.1, 0.2, 0.3), constant("std", perChannel, 0.5, 0.6, 0.7))
	return s
}

// TestPreparedNHWC reads a file like Keras's EfficientNet, whose preprocessing
// lies before the Transpose, as one that has it behind.
func TestPreparedNHWC(t *testing.T) {
	reference, err := Load(preparedSpec(true).bytes())
	if err != nil {
		t.Fatal(err)
	}
	m, err := Load(preparedSpec(false).bytes())
	if err != nil {
		t.Fatal(err)
	}
	if channels, height, width := m.InputSize(); m.Layout() != "NHWC" || channels != 3 || height != 8 || width != 8 {
		t.Errorf("%s images of %d channels, %d by %d, want NHWC of 3, 8 by 8", m.Layout(), channels, height, width)
	}
	if len(m.Params) != 3 {
		t.Errorf("%d parameters, want 3: preprocessing is not trained", len(m.Params))
	}
	images := ramp(2 * 3 * 8 * 8)
	want := logits(t, reference, BuildOptions{Batch: 2}, images)
	if d := difference(logits(t, m, BuildOptions{Batch: 2}, images), want); !(d <= 1e-6) {
		t.Errorf("logits differ by %.2g of the largest from those of preprocessing behind the Transpose", d)
	}
	readBack(t, m, 5)
}

// TestTransposedBack: only the Transpose of the input itself has nothing to do.
func TestTransposedBack(t *testing.T) {
	s := preparedSpec(false)
	reference, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	s.nodes = slices.Concat([]*onnxfile.Node{
		makeNode("Transpose", "images", "nchw0", onnxfile.Ints("perm", 0, 3, 1, 2)),
		makeNode("Transpose", "nchw0", "back", onnxfile.Ints("perm", 0, 2, 3, 1)),
		makeNode("Cast", "back", "float", s.nodes[0].Attributes...),
	}, s.nodes[1:])
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	images := ramp(2 * 3 * 8 * 8)
	want := logits(t, reference, BuildOptions{Batch: 2}, images)
	if got := logits(t, m, BuildOptions{Batch: 2}, images); !slices.Equal(got, want) {
		t.Errorf("logits %v, want %v", got, want)
	}
}
