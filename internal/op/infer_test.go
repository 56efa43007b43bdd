package op_test

import (
	"testing"

	"finetune/internal/op"

	"gorgonia.org/tensor"
)

// TestInferErrors wants messages that name what was found and what was wanted.
func TestInferErrors(t *testing.T) {
	conv := &op.Conv{Strides: unit, Dilations: unit, Groups: 1}
	for _, c := range []struct {
		def    op.Def
		shapes []tensor.Shape
		want   string
	}{
		{conv, []tensor.Shape{{1, 3, 8, 8}}, "1 inputs, want 2 to 3"},
		{&op.LayerNorm{Axis: 1}, []tensor.Shape{{2, 0}}, "x has shape (2, 0): no elements to normalize from axis 1 on"},
		{conv, []tensor.Shape{{3, 8, 8}, {4, 3, 1, 1}}, "x has shape (3, 8, 8), want rank 4 [N,C,H,W]"},
		{conv, []tensor.Shape{{1, 3, 8, 8}, {4, 3}}, "w has shape (4, 3), want rank 4 [O,C/groups,KH,KW]"},
		{conv, []tensor.Shape{{1, 3, 8, 8}, {4, 2, 1, 1}}, "x has shape (1, 3, 8, 8) and w (4, 2, 1, 1), want 1 groups of channels"},
		{conv, []tensor.Shape{{1, 3, 8, 8}, {4, 3, 1, 1}, {3}}, "bias has shape (3), want (4)"},
		{conv, []tensor.Shape{{1, 3, 2, 8}, {4, 3, 3, 3}}, "x has shape (1, 3, 2, 8): kernel [3 3] with dilations [1 1] does not fit into it with pads [0 0 0 0]"},
		{&op.Conv{Strides: unit, Dilations: unit, Groups: 2}, []tensor.Shape{{1, 4, 8, 8}, {3, 2, 1, 1}}, "x has shape (1, 4, 8, 8) and w (3, 2, 1, 1), want 2 groups of channels"},
		{&op.Conv{Dilations: unit, Groups: 1}, []tensor.Shape{{1, 1, 2, 2}, {1, 1, 1, 1}}, "strides [0 0]: want 1 to 1048576"},
		{&op.Conv{Strides: unit, Dilations: unit, Pads: [4]int{0, -1, 0, 0}, Groups: 1}, []tensor.Shape{{1, 1, 2, 2}, {1, 1, 1, 1}}, "pads [0 -1 0 0]: want 0 to 1048576"},
		{&op.BatchNorm{}, []tensor.Shape{{1, 3, 2, 2}, {3}, {3}, {4}, {3}}, "mean has shape (4), want (3)"},
		{&op.BatchNorm{}, []tensor.Shape{{3}, {3}, {3}, {3}, {3}}, "x has shape (3), want rank 2 or more [N,C,...]"},
		{&op.Add{}, []tensor.Shape{{1, 3, 2, 2}, {3}}, "shapes (1, 3, 2, 2) and (3): sizes 2 and 3 do not broadcast"},
		{&op.Mul{}, []tensor.Shape{{1}}, "1 inputs, want 2"},
		{&op.MaxPool{Kernel: two, Strides: two, Dilations: unit, Pads: [4]int{2, 0, 0, 0}}, []tensor.Shape{{1, 1, 2, 2}},
			"x has shape (1, 1, 2, 2): window 0 along axis 2 has only padding (kernel [2 2], strides [2 2], dilations [1 1], pads [2 0 0 0])"},
		{&op.AveragePool{Kernel: two, Strides: unit, Dilations: two, Pads: [4]int{0, 1, 0, 1}}, []tensor.Shape{{1, 1, 3, 1}},
			"x has shape (1, 1, 3, 1): window 0 along axis 3 has only padding (kernel [2 2], strides [1 1], dilations [2 2], pads [0 1 0 1])"},
		{&op.MaxPool{Kernel: [2]int{1 << 40, 1}, Strides: unit, Dilations: [2]int{1 << 40, 1}}, []tensor.Shape{{1, 1, 2, 2}}, "kernel [1099511627776 1]: want 1 to 1048576"},
		{&op.GlobalAveragePool{}, []tensor.Shape{{1, 2}}, "x has shape (1, 2), want rank 4 [N,C,H,W]"},
		{&op.Reshape{To: []int{2, 2}}, []tensor.Shape{{2, 3}}, "x has shape (2, 3) of 6 elements, want as many for shape (2, 2)"},
		{&op.Reshape{To: []int{2, -1}}, []tensor.Shape{{2, 3}}, "x has shape (2, 3) of 6 elements, want as many for shape (2, -1)"},
		{&op.Reshape{To: []int{3}}, []tensor.Shape{{2, 3}}, "x has shape (2, 3) of 6 elements, want as many for shape (3)"},
		{&op.Dense{}, []tensor.Shape{{2, 3}, {4, 5}}, "x has shape (2, 3), want [N,4] for w [F,O] of shape (4, 5)"},
		{&op.Dense{TransposeWeight: true}, []tensor.Shape{{2, 3}, {4, 3}, {3}}, "bias has shape (3), want (4)"},
		{&op.Concat{Axis: 2}, []tensor.Shape{{2, 3}}, "axis 2 of shape (2, 3), want one from 0 to 1"},
		{&op.Concat{Axis: 1}, []tensor.Shape{{2, 3}, {1, 3}}, "input 1 has shape (1, 3), want that of input 0, (2, 3), but for axis 1"},
		{&op.Concat{Axis: 1}, []tensor.Shape{{2, 3}, {2}}, "input 1 has shape (2), want rank 2 as input 0 of shape (2, 3)"},
		{&op.Concat{}, nil, "0 inputs, want at least 1"},
		{&op.Pad{Pads: []int{1, 1}}, []tensor.Shape{{2, 3}}, "x has shape (2, 3) and pads are [1 1], want 4 of them"},
		{&op.Pad{Pads: []int{1, -1}}, []tensor.Shape{{2}}, "pads [1 -1]: want 0 to 1048576"},
		{&op.Dropout{}, []tensor.Shape{{2, 1}, {2}}, "mask has shape (2), want (2, 1)"},
		{&op.Transpose{Perm: []int{0, 0}}, []tensor.Shape{{2, 3}}, "x has shape (2, 3) and perm is [0 0], want each axis once"},
		{&op.Transpose{Perm: []int{0}}, []tensor.Shape{{2, 3}}, "x has shape (2, 3) and perm is [0], want each axis once"},
		{&op.Transpose{}, []tensor.Shape{{2, 3}}, "x has shape (2, 3) and perm is [], want each axis once"},
		{&op.Softmax{Axis: -1}, []tensor.Shape{{2, 3}}, "axis -1 of shape (2, 3), want one from 0 to 1"},
		{&op.CrossEntropy{}, []tensor.Shape{{2, 3}, {2, 4}}, "labels has shape (2, 4), want (2, 3)"},
		{&op.CrossEntropy{}, []tensor.Shape{{2}, {2}}, "logits has shape (2), want rank 2 [N,K]"},
	} {
		shape, err := c.def.Infer(c.shapes)
		switch {
		case err == nil:
			t.Errorf("%s of %v = %v, want error %q", c.def.Name(), c.shapes, shape, c.want)
		case err.Error() != c.want:
			t.Errorf("%s of %v: error %q, want %q", c.def.Name(), c.shapes, err, c.want)
		}
	}
}
