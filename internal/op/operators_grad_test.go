package op_test

import (
	"math"

	"finetune/internal/op"
)

func of(f op.Function) *op.Map         { return &op.Map{Function: f} }
func binary(o op.Operation) *op.Binary { return &op.Binary{Operation: o} }
func reduce(r op.Reduction, axes ...int) *op.Reduce {
	return &op.Reduce{Reduction: r, Axes: axes}
}

// positive makes the inputs positive.
func positive(in []op.Array) {
	for _, x := range in {
		for i, v := range x.Data {
			x.Data[i] = math.Abs(v) + 0.3
		}
	}
}

// positiveBase makes the first input positive.
func positiveBase(in []op.Array) { positive(in[:1]) }

// positiveDivisor makes the second input positive.
func positiveDivisor(in []op.Array) { positive(in[1:]) }

// zerosAndOnes makes the first input 0 and 1.
func zerosAndOnes(in []op.Array) {
	for i := range in[0].Data {
		in[0].Data[i] = float64(i * i % 3 % 2)
	}
}

func init() {
	for _, f := range []op.Function{
		op.Abs, op.Neg, op.Exp, op.Sin, op.Cos, op.Tanh, op.Erf, op.Softplus, op.Softsign, op.Gelu, op.GeluTanh, op.Mish,
		op.Elu(0.7), op.Celu(0.6), op.Selu(1.6, 1.05), op.HardSigmoid(0.4, 0.5), op.ThresholdedRelu(0.5),
		op.Shrink(0.5, 0.2),
	} {
		gradCases = append(gradCases, gradCase{name: f.Label, def: of(f), shapes: [][]int{{3, 5, 6}}})
	}
	for _, f := range []op.Function{op.Reciprocal, op.Sqrt, op.Log} {
		gradCases = append(gradCases, gradCase{name: f.Label, def: of(f), shapes: [][]int{{3, 5}}, set: positive})
	}
	for _, o := range []op.Operation{op.Sub, op.Min, op.Max, op.PRelu} {
		gradCases = append(gradCases,
			gradCase{name: o.Label, def: binary(o), shapes: [][]int{{2, 3, 2, 2}, {2, 3, 2, 2}}},
			gradCase{name: o.Label + "/channel", def: binary(o), shapes: [][]int{{2, 3, 2, 2}, {3, 1, 1}}},
			gradCase{name: o.Label + "/scalar", def: binary(o), shapes: [][]int{{2, 3}, {}}})
	}
	gradCases = append(gradCases,
		gradCase{name: "Sub/both ways", def: binary(op.Sub), shapes: [][]int{{2, 1, 3}, {4, 1}}},
		gradCase{name: "Div", def: binary(op.Div), shapes: [][]int{{2, 3, 2}, {2, 3, 2}}, set: positiveDivisor},
		gradCase{name: "Div/both ways", def: binary(op.Div), shapes: [][]int{{2, 1, 3}, {4, 1}}, set: positiveDivisor},
		gradCase{name: "Pow", def: binary(op.Pow), shapes: [][]int{{2, 3}, {2, 3}}, set: positiveBase},
		gradCase{name: "Pow/scalar", def: binary(op.Pow), shapes: [][]int{{2, 3}, {}}, set: positiveBase},
		gradCase{name: "Mod", def: binary(op.Mod), shapes: [][]int{{2, 3}, {2, 3}}, set: positiveDivisor},
		gradCase{name: "Mod/fmod", def: binary(op.Fmod), shapes: [][]int{{2, 3}, {2, 3}}, set: positiveDivisor},
		gradCase{name: "Where", def: &op.Where{}, shapes: [][]int{{2, 3}, {2, 3}, {2, 3}}, set: zerosAndOnes},
		gradCase{name: "Where/broadcast", def: &op.Where{}, shapes: [][]int{{3, 1}, {2, 1, 4}, {}}, set: zerosAndOnes},
	)
	for _, r := range []op.Reduction{op.Sum, op.Mean, op.Largest, op.Smallest, op.Product, op.L1, op.L2, op.Square, op.LogSumExp} {
		gradCases = append(gradCases,
			gradCase{name: r.Label, def: reduce(r, 1), shapes: [][]int{{2, 3, 2}}},
			gradCase{name: r.Label + "/all", def: reduce(r, 0, 1), shapes: [][]int{{2, 3}}},
			gradCase{name: r.Label + "/outer", def: reduce(r, 0, 2, 3), shapes: [][]int{{2, 3, 2, 2}}},
			gradCase{name: r.Label + "/none", def: reduce(r), shapes: [][]int{{2, 3}}})
	}
	gradCases = append(gradCases,
		gradCase{name: "ReduceLogSum", def: reduce(op.LogSum, 1), shapes: [][]int{{2, 3, 2}}, set: positive},
		gradCase{name: "Gather", def: &op.Gather{Axis: 1, Indices: []int{2, 0, 2, 1}}, shapes: [][]int{{2, 3, 2}}},
		gradCase{name: "Gather/first axis", def: &op.Gather{Axis: 0, Indices: []int{1}}, shapes: [][]int{{2, 3}}},
		gradCase{name: "Gather/last axis", def: &op.Gather{Axis: 2, Indices: []int{1, 1}}, shapes: [][]int{{2, 1, 3}}},
		gradCase{name: "Resize", def: &op.Resample{Axis: 2, Fill: 3, Taps: [][]op.Tap{{{0, 0.25}, {1, 0.75}}, {}, {{2, 1}}, {{1, -0.5}, {1, 1.5}}}}, shapes: [][]int{{2, 1, 3, 2}}},
		gradCase{name: "ScatterND", def: &op.Scatter{At: []int{4, 0, 4}, Size: 2}, shapes: [][]int{{3, 2}, {3, 2}}},
		gradCase{name: "ScatterND by sum", def: &op.Scatter{At: []int{4, 0, 4}, Size: 2, Reduction: &op.Sum}, shapes: [][]int{{3, 2}, {3, 2}}},
		gradCase{name: "ScatterND by product", def: &op.Scatter{At: []int{4, 0, 4}, Size: 2, Reduction: &op.Product}, shapes: [][]int{{3, 2}, {3, 2}}},
		gradCase{name: "ScatterND by largest", def: &op.Scatter{At: []int{4, 0, 4}, Size: 2, Reduction: &op.Largest}, shapes: [][]int{{3, 2}, {3, 2}}},
		gradCase{name: "ScatterND by smallest", def: &op.Scatter{At: []int{4, 0, 4}, Size: 2, Reduction: &op.Smallest}, shapes: [][]int{{3, 2}, {3, 2}}},
		gradCase{name: "LogSoftmax", def: &op.LogSoftmax{Axis: 1}, shapes: [][]int{{2, 3, 2}}},
		gradCase{name: "LayerNormalization", def: &op.LayerNorm{Axis: 1, Epsilon: 1e-3}, shapes: [][]int{{3, 4}}},
		gradCase{name: "LayerNormalization/scale", def: &op.LayerNorm{Axis: 2, Epsilon: 1e-3}, shapes: [][]int{{2, 2, 5}, {5}}},
		gradCase{name: "LayerNormalization/scale and bias", def: &op.LayerNorm{Axis: 1, Epsilon: 1e-3}, shapes: [][]int{{2, 3, 2}, {3, 2}, {3, 2}}},
		gradCase{name: "LRN", def: &op.LRN{Size: 3, Alpha: 0.5, Beta: 0.75, Bias: 1.5}, shapes: [][]int{{2, 5, 1, 2}}},
		gradCase{name: "LRN/even size", def: &op.LRN{Size: 4, Alpha: 0.5, Beta: 0.75, Bias: 1.5}, shapes: [][]int{{1, 5, 2}}},
		gradCase{name: "MatMul", def: &op.MatMul{}, shapes: [][]int{{2, 3}, {3, 4}}},
		gradCase{name: "MatMul/stack", def: &op.MatMul{}, shapes: [][]int{{2, 3, 2, 3}, {2, 3, 3, 2}}},
		gradCase{name: "MatMul/transposed", def: &op.MatMul{TransposeB: true}, shapes: [][]int{{2, 3, 4, 3}, {2, 3, 2, 3}}},
		gradCase{name: "MatMul/transposed broadcast", def: &op.MatMul{TransposeB: true}, shapes: [][]int{{2, 1, 2, 3}, {4, 1, 3}}},
		gradCase{name: "MatMul/broadcast", def: &op.MatMul{}, shapes: [][]int{{2, 1, 2, 3}, {4, 3, 1}}},
		gradCase{name: "ConvTranspose", def: &op.ConvTranspose{Strides: unit, Dilations: unit, Groups: 1}, shapes: [][]int{{2, 3, 2, 3}, {3, 2, 2, 2}, {2}}},
		gradCase{name: "ConvTranspose/all attributes", def: &op.ConvTranspose{Strides: [2]int{3, 2}, Dilations: [2]int{1, 2}, Pads: [4]int{1, 0, 0, 1}, OutputPads: [2]int{1, 0}, Groups: 2},
			shapes: [][]int{{1, 4, 3, 2}, {4, 2, 3, 3}, {4}}},
	)
}
