package op_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/op"

	"gorgonia.org/tensor"
)

// gradTolerance bounds |Grad − central difference|/(1+|Grad|) in float64.
const gradTolerance = 1e-6

// A gradCase is an operator with the shapes of its inputs.
type gradCase struct {
	name   string
	def    op.Def
	shapes [][]int
	// set changes the inputs to what the operator asks for.
	set func(in []op.Array)
}

var (
	unit = [2]int{1, 1}
	two  = [2]int{2, 2}
)

var gradCases = []gradCase{
	{name: "Conv/1x1", def: &op.Conv{Strides: unit, Dilations: unit, Groups: 1}, shapes: [][]int{{2, 3, 2, 3}, {4, 3, 1, 1}, {4}}},
	{name: "Conv/single", def: &op.Conv{Strides: unit, Dilations: unit, Groups: 1}, shapes: [][]int{{1, 1, 1, 1}, {1, 1, 1, 1}, {1}}},
	{name: "Conv/3x3", def: &op.Conv{Strides: unit, Dilations: unit, Pads: [4]int{1, 1, 1, 1}, Groups: 1}, shapes: [][]int{{2, 2, 4, 3}, {3, 2, 3, 3}}},
	{name: "Conv/strides", def: &op.Conv{Strides: [2]int{2, 3}, Dilations: unit, Pads: [4]int{1, 1, 1, 1}, Groups: 1}, shapes: [][]int{{1, 2, 6, 7}, {2, 2, 3, 2}, {2}}},
	{name: "Conv/asymmetric pads", def: &op.Conv{Strides: two, Dilations: unit, Pads: [4]int{0, 2, 1, 3}, Groups: 1}, shapes: [][]int{{1, 2, 5, 4}, {2, 2, 3, 3}}},
	{name: "Conv/dilations", def: &op.Conv{Strides: unit, Dilations: [2]int{2, 3}, Pads: [4]int{2, 3, 2, 3}, Groups: 1}, shapes: [][]int{{1, 2, 5, 4}, {2, 2, 3, 2}}},
	{name: "Conv/groups", def: &op.Conv{Strides: unit, Dilations: unit, Groups: 2}, shapes: [][]int{{2, 4, 3, 3}, {6, 2, 2, 2}, {6}}},
	{name: "Conv/depthwise", def: &op.Conv{Strides: two, Dilations: unit, Pads: [4]int{1, 1, 1, 1}, Groups: 3}, shapes: [][]int{{2, 3, 5, 5}, {3, 1, 3, 3}, {3}}},
	{name: "Conv/depthwise multiplier", def: &op.Conv{Strides: unit, Dilations: unit, Groups: 2}, shapes: [][]int{{1, 2, 3, 3}, {4, 1, 2, 2}}},
	{name: "Conv/kernel wider than x", def: &op.Conv{Strides: unit, Dilations: unit, Pads: [4]int{2, 2, 2, 2}, Groups: 1}, shapes: [][]int{{1, 1, 2, 1}, {2, 1, 5, 5}}},

	{name: "BatchNorm/frozen", def: &op.BatchNorm{Epsilon: 1e-3}, shapes: [][]int{{2, 3, 2, 2}, {3}, {3}, {3}, {3}}, set: positiveVariance},
	{name: "BatchNorm/frozen rank 2", def: &op.BatchNorm{Epsilon: 1e-3}, shapes: [][]int{{4, 3}, {3}, {3}, {3}, {3}}, set: positiveVariance},
	{name: "BatchNorm/training", def: &op.BatchNorm{Epsilon: 1e-3, Training: true}, shapes: [][]int{{2, 3, 2, 2}, {3}, {3}, {3}, {3}}},
	{name: "BatchNorm/training one channel", def: &op.BatchNorm{Epsilon: 1e-3, Training: true}, shapes: [][]int{{3, 1, 1, 2}, {1}, {1}, {1}, {1}}},
	{name: "BatchNorm/training rank 2", def: &op.BatchNorm{Epsilon: 1e-3, Training: true}, shapes: [][]int{{5, 2}, {2}, {2}, {2}, {2}}},

	{name: "Relu", def: op.Relu(), shapes: [][]int{{2, 3, 3, 3}}},
	{name: "Clip", def: activate(kernel.Clip, -1, 1.5), shapes: [][]int{{2, 3, 3, 3}}},
	{name: "LeakyRelu", def: activate(kernel.LeakyRelu, 0.25, 0), shapes: [][]int{{2, 3, 3, 3}}},
	{name: "Sigmoid", def: activate(kernel.Sigmoid, 0, 0), shapes: [][]int{{2, 3, 3, 3}}},
	{name: "HardSwish", def: activate(kernel.HardSwish, 0, 0), shapes: [][]int{{2, 3, 6, 5}}},
	{name: "Swish", def: activate(kernel.Swish, 0, 0), shapes: [][]int{{2, 3, 3, 3}}},
	{name: "Gelu activation", def: activate(kernel.Gelu, 0, 0), shapes: [][]int{{2, 3, 3, 3}}},
	{name: "Exp activation", def: activate(kernel.Exp, 0, 0), shapes: [][]int{{2, 3, 3, 3}}},
	{name: "Tanh activation", def: activate(kernel.Tanh, 0, 0), shapes: [][]int{{2, 3, 3, 3}}},
	{name: "Erf activation", def: activate(kernel.Erf, 0, 0), shapes: [][]int{{2, 3, 3, 3}}},
	{name: "Identity", def: activate(kernel.Identity, 0, 0), shapes: [][]int{{3}}},

	{name: "Add", def: &op.Add{}, shapes: [][]int{{2, 3, 2, 2}, {2, 3, 2, 2}}},
	{name: "Add/channel", def: &op.Add{}, shapes: [][]int{{2, 3, 2, 2}, {3, 1, 1}}},
	{name: "Add/both ways", def: &op.Add{}, shapes: [][]int{{2, 1, 3}, {4, 1}}},
	{name: "Add/scalar", def: &op.Add{}, shapes: [][]int{{}, {2, 3}}},
	{name: "Mul", def: &op.Mul{}, shapes: [][]int{{2, 3}, {2, 3}}},
	{name: "Mul/squeeze and excitation", def: &op.Mul{}, shapes: [][]int{{2, 3, 2, 3}, {2, 3, 1, 1}}},
	{name: "Mul/both ways", def: &op.Mul{}, shapes: [][]int{{2, 1, 3}, {4, 1}}},
	{name: "Mul/scalar", def: &op.Mul{}, shapes: [][]int{{2, 2}, {}}},
	{name: "Mul/ones", def: &op.Mul{}, shapes: [][]int{{1, 1}, {1}}},

	{name: "MaxPool", def: &op.MaxPool{Kernel: two, Strides: two, Dilations: unit}, shapes: [][]int{{2, 2, 4, 5}}},
	{name: "MaxPool/overlap and pads", def: &op.MaxPool{Kernel: [2]int{3, 2}, Strides: [2]int{2, 1}, Dilations: unit, Pads: [4]int{1, 0, 0, 1}}, shapes: [][]int{{1, 2, 5, 4}}},
	{name: "MaxPool/dilations", def: &op.MaxPool{Kernel: two, Strides: unit, Dilations: [2]int{2, 3}}, shapes: [][]int{{1, 2, 4, 5}}},
	{name: "MaxPool/ceil", def: &op.MaxPool{Kernel: [2]int{3, 3}, Strides: two, Dilations: unit, CeilMode: true}, shapes: [][]int{{1, 2, 4, 6}}},
	{name: "AveragePool", def: &op.AveragePool{Kernel: two, Strides: two, Dilations: unit}, shapes: [][]int{{2, 2, 4, 5}}},
	{name: "AveragePool/pads", def: &op.AveragePool{Kernel: [2]int{3, 2}, Strides: [2]int{2, 1}, Dilations: unit, Pads: [4]int{1, 0, 0, 1}}, shapes: [][]int{{1, 2, 5, 4}}},
	{name: "AveragePool/pads count", def: &op.AveragePool{Kernel: [2]int{3, 2}, Strides: [2]int{2, 1}, Dilations: unit, Pads: [4]int{1, 0, 0, 1}, CountIncludePad: true}, shapes: [][]int{{1, 2, 5, 4}}},
	{name: "AveragePool/ceil", def: &op.AveragePool{Kernel: [2]int{3, 3}, Strides: two, Dilations: unit, Pads: [4]int{1, 1, 1, 1}, CeilMode: true}, shapes: [][]int{{1, 2, 4, 6}}},
	{name: "AveragePool/ceil pads count", def: &op.AveragePool{Kernel: [2]int{3, 3}, Strides: two, Dilations: unit, Pads: [4]int{1, 1, 1, 1}, CeilMode: true, CountIncludePad: true}, shapes: [][]int{{1, 2, 4, 6}}},
	{name: "AveragePool/dilations", def: &op.AveragePool{Kernel: two, Strides: unit, Dilations: [2]int{2, 3}}, shapes: [][]int{{1, 2, 4, 5}}},
	{name: "GlobalAveragePool", def: &op.GlobalAveragePool{}, shapes: [][]int{{2, 3, 3, 2}}},
	{name: "GlobalAveragePool/1x1", def: &op.GlobalAveragePool{}, shapes: [][]int{{2, 3, 1, 1}}},

	{name: "Reshape", def: &op.Reshape{To: []int{2, 12}}, shapes: [][]int{{2, 3, 2, 2}}},
	{name: "Reshape/to scalar", def: &op.Reshape{To: []int{}}, shapes: [][]int{{1, 1}}},
	{name: "Dense", def: &op.Dense{}, shapes: [][]int{{3, 4}, {4, 2}, {2}}},
	{name: "Dense/no bias", def: &op.Dense{}, shapes: [][]int{{1, 4}, {4, 2}}},
	{name: "Dense/transposed", def: &op.Dense{TransposeWeight: true}, shapes: [][]int{{3, 4}, {2, 4}, {2}}},
	{name: "Dense/one class", def: &op.Dense{TransposeWeight: true}, shapes: [][]int{{3, 4}, {1, 4}, {1}}},
	{name: "Concat", def: &op.Concat{Axis: 1}, shapes: [][]int{{2, 1, 2}, {2, 3, 2}, {2, 2, 2}}},
	{name: "Concat/axis 0", def: &op.Concat{Axis: 0}, shapes: [][]int{{2, 2}, {1, 2}}},
	{name: "Concat/one input", def: &op.Concat{Axis: 2}, shapes: [][]int{{2, 1, 2}}},
	{name: "Pad", def: &op.Pad{Pads: []int{0, 0, 1, 2, 0, 1, 3, 0}, Value: -7}, shapes: [][]int{{2, 2, 2, 3}}},
	{name: "Dropout", def: &op.Dropout{Ratio: 0.5}, shapes: [][]int{{2, 3}, {2, 3}}, set: halfMask},
	{name: "Transpose", def: &op.Transpose{Perm: []int{0, 2, 3, 1}}, shapes: [][]int{{2, 3, 2, 4}}},
	{name: "Transpose/matrix", def: &op.Transpose{Perm: []int{1, 0}}, shapes: [][]int{{2, 3}}},
	{name: "Softmax", def: &op.Softmax{Axis: 1}, shapes: [][]int{{3, 4}}},
	{name: "Softmax/inner axis", def: &op.Softmax{Axis: 1}, shapes: [][]int{{2, 3, 2}}},
	{name: "CrossEntropy", def: &op.CrossEntropy{}, shapes: [][]int{{3, 4}, {3, 4}}, set: oneHot},
	{name: "CrossEntropy/smoothing and padding", def: &op.CrossEntropy{Smoothing: 0.1}, shapes: [][]int{{3, 4}, {3, 4}}, set: oneHotPadded},
	{name: "CrossEntropy/mixed labels", def: &op.CrossEntropy{Smoothing: 0.1}, shapes: [][]int{{1, 3}, {1, 3}}, set: mixed},
}

func activate(kind kernel.ActivationKind, alpha, beta float32) *op.Activate {
	return &op.Activate{Activation: kernel.Activation{Kind: kind, Alpha: alpha, Beta: beta}}
}

func positiveVariance(in []op.Array) {
	for i, v := range in[4].Data {
		in[4].Data[i] = math.Abs(v) + 0.5
	}
}

func halfMask(in []op.Array) {
	for i := range in[1].Data {
		in[1].Data[i] = float64(i % 2 * 2)
	}
}

func oneHot(in []op.Array) {
	clear(in[1].Data)
	classes := in[1].Shape[1]
	for row := range in[1].Shape[0] {
		in[1].Data[row*classes+row%classes] = 1
	}
}

func oneHotPadded(in []op.Array) {
	oneHot(in)
	clear(in[1].Data[len(in[1].Data)-in[1].Shape[1]:])
}

func mixed(in []op.Array) { copy(in[1].Data, []float64{0.25, 0.75, 0}) }

// TestGrad compares every gradient with central differences of Σ dy·y.
func TestGrad(t *testing.T) {
	for _, c := range gradCases {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			in := make([]op.Array, len(c.shapes))
			for i, shape := range c.shapes {
				in[i] = distinct(shape, rng)
			}
			if c.set != nil {
				c.set(in)
			}
			y := forward(t, c.def, in)
			dy := distinct(y.Shape, rng)
			known := c.def.Differentiable(len(in))
			if len(known) != len(in) {
				t.Fatalf("Differentiable(%d) has %d entries", len(in), len(known))
			}
			for i := range in {
				if !known[i] {
					continue
				}
				dx := zeros(in[i].Shape)
				c.def.Grad(i, dx, in, y, dy)
				for j := range dx.Data {
					want := centralDifference(&in[i].Data[j], func() float64 { return dot(dy.Data, forward(t, c.def, in).Data) })
					if diff := math.Abs(dx.Data[j] - want); !(diff <= gradTolerance*(1+math.Abs(want))) {
						t.Errorf("gradient of input %d: [%d] = %v, want %v", i, j, dx.Data[j], want)
					}
				}
			}
		})
	}
}

// TestGradCoversAllOperators keeps gradCases complete.
func TestGradCoversAllOperators(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range gradCases {
		tested[c.def.Name()] = true
	}
	for _, name := range []string{
		"Conv", "BatchNormalization", "Relu", "Clip", "LeakyRelu", "Sigmoid", "HardSwish", "Identity", "Add", "Mul",
		"MaxPool", "AveragePool", "GlobalAveragePool", "Reshape", "Gemm", "Concat", "Pad", "Dropout", "Transpose",
		"Softmax", "SoftmaxCrossEntropyLoss",
		"Abs", "Neg", "Reciprocal", "Sqrt", "Exp", "Log", "Sin", "Cos", "Tanh", "Erf", "Softplus", "Softsign", "Gelu", "Mish",
		"Elu", "Celu", "Selu", "HardSigmoid", "ThresholdedRelu", "Shrink",
		"Sub", "Div", "Pow", "Min", "Max", "PRelu", "Mod", "Where",
		"ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare",
		"ReduceLogSum", "ReduceLogSumExp",
		"Gather", "ScatterND", "Resize", "LogSoftmax", "LayerNormalization", "LRN", "MatMul", "ConvTranspose",
	} {
		if !tested[name] {
			t.Errorf("%s has no case", name)
		}
	}
}

// centralDifference returns the derivative of f with respect to *x.
func centralDifference(x *float64, f func() float64) float64 {
	const h = 1e-4
	at := *x
	*x = at + h
	above := f()
	*x = at - h
	below := f()
	*x = at
	return (above - below) / (2 * h)
}

func forward(t *testing.T, def op.Def, in []op.Array) op.Array {
	t.Helper()
	shapes := make([]tensor.Shape, len(in))
	for i, x := range in {
		shapes[i] = x.Shape
	}
	shape, err := def.Infer(shapes)
	if err != nil {
		t.Fatal(err)
	}
	y := zeros(shape)
	def.Forward(y, in)
	return y
}

// distinct returns values 0.07 apart in random order, so that a central
// difference crosses no kink of a maximum or an activation.
func distinct(shape []int, rng *rand.Rand) op.Array {
	a := zeros(shape)
	for i, p := range rng.Perm(len(a.Data)) {
		a.Data[i] = 0.07*float64(p-len(a.Data)/2) + 0.013
	}
	return a
}

func zeros(shape []int) op.Array {
	return op.Array{Shape: shape, Data: make([]float64, tensor.Shape(shape).TotalSize())}
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
