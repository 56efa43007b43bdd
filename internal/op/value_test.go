package op_test

import (
	"math"
	"slices"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/op"
)

func array(shape []int, data ...float64) op.Array { return op.Array{Shape: shape, Data: data} }

func count(shape ...int) op.Array {
	a := zeros(shape)
	for i := range a.Data {
		a.Data[i] = float64(i + 1)
	}
	return a
}

// TestValues compares with values worked out by hand.
func TestValues(t *testing.T) {
	inf := math.Inf(1)
	e := math.E
	for _, c := range []struct {
		name string
		def  op.Def
		in   []op.Array
		want op.Array
	}{
		{"Conv", &op.Conv{Strides: unit, Dilations: unit, Groups: 1},
			[]op.Array{count(1, 1, 2, 3), array([]int{1, 1, 2, 2}, 1, 10, 100, 1000), array([]int{1}, 0.5)},
			array([]int{1, 1, 1, 2}, 5421.5, 6532.5)},
		{"Conv/pads and strides", &op.Conv{Strides: two, Dilations: unit, Pads: [4]int{1, 0, 0, 1}, Groups: 1},
			[]op.Array{count(1, 1, 3, 2), array([]int{1, 1, 2, 2}, 1, 10, 100, 1000)},
			array([]int{1, 1, 2, 1}, 2100, 6543)},
		{"Conv/groups", &op.Conv{Strides: unit, Dilations: unit, Groups: 2},
			[]op.Array{count(1, 4, 1, 1), array([]int{2, 2, 1, 1}, 1, 10, 100, 1000)},
			array([]int{1, 2, 1, 1}, 21, 4300)},
		{"Conv/dilations", &op.Conv{Strides: unit, Dilations: [2]int{1, 2}, Groups: 1},
			[]op.Array{count(1, 1, 1, 4), array([]int{1, 1, 1, 2}, 1, 10)},
			array([]int{1, 1, 1, 2}, 31, 42)},
		{"BatchNorm/frozen", &op.BatchNorm{Epsilon: 0.25},
			[]op.Array{count(1, 2, 1, 2), array([]int{2}, 1, 2), array([]int{2}, 0, 10), array([]int{2}, 1, 3), array([]int{2}, 0, 3.75)},
			array([]int{1, 2, 1, 2}, 0, 2, 10, 11)},
		{"BatchNorm/training", &op.BatchNorm{Epsilon: 0, Training: true},
			[]op.Array{array([]int{2, 1, 1, 2}, 1, 3, 5, 7), array([]int{1}, math.Sqrt(5)), array([]int{1}, 1), array([]int{1}, 99), array([]int{1}, 99)},
			array([]int{2, 1, 1, 2}, -2, 0, 2, 4)},
		{"Relu", op.Relu(), []op.Array{array([]int{4}, -1, 0, 2, inf)}, array([]int{4}, 0, 0, 2, inf)},
		{"Clip", activate(kernel.Clip, 0, 6), []op.Array{array([]int{3}, -1, 2, 7)}, array([]int{3}, 0, 2, 6)},
		{"LeakyRelu", activate(kernel.LeakyRelu, 0.25, 0), []op.Array{array([]int{2}, -2, 2)}, array([]int{2}, -0.5, 2)},
		{"Sigmoid", activate(kernel.Sigmoid, 0, 0), []op.Array{array([]int{2}, 0, 1)}, array([]int{2}, 0.5, e/(1+e))},
		{"HardSwish", activate(kernel.HardSwish, 0, 0), []op.Array{array([]int{4}, -4, 0, 1.5, 4)}, array([]int{4}, 0, 0, 1.125, 4)},
		{"Swish", activate(kernel.Swish, 0, 0), []op.Array{array([]int{3}, 0, 1, -1)}, array([]int{3}, 0, e/(1+e), -1/(1+e))},
		{"Gelu activation", activate(kernel.Gelu, 0, 0), []op.Array{array([]int{3}, 0, 1, -1)}, array([]int{3}, 0, 0.8413447460685429, -0.15865525393145707)},
		{"Exp activation", activate(kernel.Exp, 0, 0), []op.Array{array([]int{2}, 0, 1)}, array([]int{2}, 1, e)},
		{"Tanh activation", activate(kernel.Tanh, 0, 0), []op.Array{array([]int{2}, 0, 0.5)}, array([]int{2}, 0, (e-1)/(e+1))},
		{"Erf activation", activate(kernel.Erf, 0, 0), []op.Array{array([]int{2}, 0, 1)}, array([]int{2}, 0, 0.8427007929497149)},
		{"Add/broadcast", &op.Add{},
			[]op.Array{count(1, 2, 1, 2), array([]int{2, 1, 1}, 10, 20)},
			array([]int{1, 2, 1, 2}, 11, 12, 23, 24)},
		{"Mul/both ways", &op.Mul{},
			[]op.Array{count(2, 1), count(1, 3)},
			array([]int{2, 3}, 1, 2, 3, 2, 4, 6)},
		{"MaxPool", &op.MaxPool{Kernel: two, Strides: two, Dilations: unit, Pads: [4]int{1, 1, 0, 0}},
			[]op.Array{array([]int{1, 1, 3, 3}, -1, -2, -3, -4, -5, -6, -7, -8, -9)},
			array([]int{1, 1, 2, 2}, -1, -2, -4, -5)},
		// The example of ceil_mode in ONNX's node tests, test_maxpool_2d_ceil.
		{"MaxPool/ceil", &op.MaxPool{Kernel: [2]int{3, 3}, Strides: two, Dilations: unit, CeilMode: true},
			[]op.Array{count(1, 1, 4, 4)}, array([]int{1, 1, 2, 2}, 11, 12, 15, 16)},
		// ONNX's test_maxpool_2d_ceil_output_size_reduce_by_one: the second
		// window would start past the input.
		{"MaxPool/ceil reduced by one", &op.MaxPool{Kernel: unit, Strides: two, Dilations: unit, CeilMode: true},
			[]op.Array{count(1, 1, 2, 2)}, array([]int{1, 1, 1, 1}, 1)},
		{"MaxPool/ceil start in the right padding", &op.MaxPool{Kernel: two, Strides: two, Dilations: unit, Pads: [4]int{1, 1, 1, 1}, CeilMode: true},
			[]op.Array{count(1, 1, 3, 3)}, array([]int{1, 1, 2, 2}, 1, 3, 7, 9)},
		// ONNX's test_averagepool_2d_ceil.
		{"AveragePool/ceil", &op.AveragePool{Kernel: [2]int{3, 3}, Strides: two, Dilations: unit, CeilMode: true},
			[]op.Array{count(1, 1, 4, 4)}, array([]int{1, 1, 2, 2}, 6, 7.5, 12, 13.5)},
		{"AveragePool/pads", &op.AveragePool{Kernel: two, Strides: two, Dilations: unit, Pads: [4]int{1, 1, 1, 1}},
			[]op.Array{count(1, 1, 2, 2)}, array([]int{1, 1, 2, 2}, 1, 2, 3, 4)},
		{"AveragePool/pads count", &op.AveragePool{Kernel: two, Strides: two, Dilations: unit, Pads: [4]int{1, 1, 1, 1}, CountIncludePad: true},
			[]op.Array{count(1, 1, 2, 2)}, array([]int{1, 1, 2, 2}, 0.25, 0.5, 0.75, 1)},
		// The third window reaches two past the input, of which one is declared
		// padding: torch.nn.AvgPool2d((1, 3), (1, 2), (0, 1), ceil_mode=True).
		{"AveragePool/ceil past the padding", &op.AveragePool{Kernel: [2]int{1, 3}, Strides: [2]int{1, 2}, Dilations: unit, Pads: [4]int{0, 1, 0, 1}, CeilMode: true, CountIncludePad: true},
			[]op.Array{array([]int{1, 1, 1, 4}, 3, 6, 9, 12)}, array([]int{1, 1, 1, 3}, 3, 9, 6)},
		{"GlobalAveragePool", &op.GlobalAveragePool{}, []op.Array{count(1, 2, 2, 2)}, array([]int{1, 2, 1, 1}, 2.5, 6.5)},
		{"Reshape", &op.Reshape{To: []int{3, 2}}, []op.Array{count(2, 3)}, count(3, 2)},
		{"Dense", &op.Dense{},
			[]op.Array{array([]int{1, 2}, 1, 10), count(2, 3), array([]int{3}, 0.1, 0.2, 0.3)},
			array([]int{1, 3}, 41.1, 52.2, 63.3)},
		{"Dense/transposed", &op.Dense{TransposeWeight: true},
			[]op.Array{array([]int{1, 2}, 1, 10), count(3, 2)},
			array([]int{1, 3}, 21, 43, 65)},
		{"Concat", &op.Concat{Axis: 1}, []op.Array{count(2, 1), count(2, 2)}, array([]int{2, 3}, 1, 1, 2, 2, 3, 4)},
		{"Pad", &op.Pad{Pads: []int{0, 1, 1, 0}, Value: 9}, []op.Array{count(1, 2)}, array([]int{2, 3}, 9, 1, 2, 9, 9, 9)},
		{"Dropout", &op.Dropout{Ratio: 0.5}, []op.Array{count(3), array([]int{3}, 2, 0, 2)}, array([]int{3}, 2, 0, 6)},
		{"Transpose", &op.Transpose{Perm: []int{1, 2, 0}}, []op.Array{count(2, 1, 3)}, array([]int{1, 3, 2}, 1, 4, 2, 5, 3, 6)},
		{"Softmax", &op.Softmax{Axis: 1},
			[]op.Array{array([]int{2, 2}, 1, 0, 1000, 1000)},
			array([]int{2, 2}, e/(e+1), 1/(e+1), 0.5, 0.5)},
		{"Softmax/axis 0", &op.Softmax{Axis: 0},
			[]op.Array{array([]int{2, 2}, 1, 5, 0, 5)},
			array([]int{2, 2}, e/(e+1), 0.5, 1/(e+1), 0.5)},
		{"CrossEntropy/uniform logits", &op.CrossEntropy{Smoothing: 0.1},
			[]op.Array{zeros([]int{2, 4}), array([]int{2, 4}, 1, 0, 0, 0, 0, 0, 1, 0)},
			array([]int{}, math.Log(4))},
		{"CrossEntropy/padding does not count", &op.CrossEntropy{},
			[]op.Array{array([]int{2, 2}, 0, math.Log(3), 100, -100), array([]int{2, 2}, 1, 0, 0, 0)},
			array([]int{}, math.Log(4))},
		{"CrossEntropy/smoothing", &op.CrossEntropy{Smoothing: 0.5},
			[]op.Array{array([]int{1, 2}, 0, math.Log(3)), array([]int{1, 2}, 0, 1)},
			array([]int{}, math.Log(4)-0.75*math.Log(3))},
		{"CrossEntropy/nothing but padding", &op.CrossEntropy{}, []op.Array{count(1, 2), zeros([]int{1, 2})}, array([]int{}, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := forward(t, c.def, c.in)
			if !slices.Equal(y.Shape, c.want.Shape) {
				t.Fatalf("shape %v, want %v", y.Shape, c.want.Shape)
			}
			for i, want := range c.want.Data {
				if got := y.Data[i]; got != want && !(math.Abs(got-want) <= 1e-12*math.Abs(want)) {
					t.Errorf("y[%d] = %v, want %v", i, got, want)
				}
			}
		})
	}
}
