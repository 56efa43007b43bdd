package kerneltest

import (
	"math"
	"slices"
	"testing"

	"finetune/internal/kernel"
)

// RunThreads tests that the backends of 1, 2 and 3 threads that open returns
// give the same bytes.
func RunThreads(t *testing.T, open func(threads int) kernel.Backend) {
	one := open(1)
	defer one.Close()
	for _, threads := range []int{2, 3} {
		b := open(threads)
		defer b.Close()
		compareCalls(t, everyKernel(), one, b)
	}
}

// RunSame tests that the backends a and b give the same bytes.
func RunSame(t *testing.T, a, b kernel.Backend) {
	compareCalls(t, everyKernel(), a, b)
	compareCalls(t, loopCalls(), a, b)
	for _, g := range trainedConvs() {
		compareCalls(t, convCalls(g), a, b)
	}
}

// compareCalls makes calls by both backends, and tests that they write the same.
func compareCalls(t *testing.T, calls []call, a, b kernel.Backend) {
	for _, call := range calls {
		want := clone(call.run(a))
		for o, got := range call.run(b) {
			if at := firstDifference(got, want[o]); at >= 0 {
				t.Errorf("%s: output %d[%d] = %v by %s with %d threads, %v by %s with %d", call.name, o, at,
					got[at], b.Name(), b.Threads(), want[o][at], a.Name(), a.Threads())
			}
		}
	}
}

// RunAllocs tests that b does not allocate when it repeats a call.
func RunAllocs(t *testing.T, b kernel.Backend) {
	for _, call := range everyKernel() {
		call.run(b)
		if n := testing.AllocsPerRun(3, func() { call.run(b) }); n != 0 {
			t.Errorf("%s: %v allocations a call, want 0", call.name, n)
		}
	}
}

func clone(x [][]float32) [][]float32 {
	y := make([][]float32, len(x))
	for i := range x {
		y[i] = append([]float32(nil), x[i]...)
	}
	return y
}

func firstDifference(a, b []float32) int {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return i
		}
	}
	return -1
}

// A call is one use of a kernel, large enough for many chunks. run returns
// what the kernel wrote.
type call struct {
	name string
	run  func(b kernel.Backend) [][]float32
}

func everyKernel() []call {
	var calls []call
	for _, g := range []kernel.Conv{
		square(4, 40, 3, 16, 3, 2, 1, 1, 1),
		square(4, 28, 24, 40, 1, 1, 0, 1, 1),
		square(4, 14, 112, 192, 1, 1, 0, 1, 1), // Its weights are packed by all threads.
		square(3, 14, 24, 17, 3, 1, 1, 1, 1),
		square(5, 15, 48, 144, 3, 1, 1, 1, 1),
		square(3, 14, 32, 32, 3, 2, 1, 1, 4),
		square(3, 15, 20, 20, 3, 2, 1, 1, 20),
		square(4, 28, 72, 72, 5, 1, 2, 1, 72),
		square(4, 109, 20, 70, 1, 1, 0, 1, 1), // Both its gradients are computed together, as those of the depthwise ones.
	} {
		calls = append(calls, convCalls(g)...)
	}
	return append(append(append(calls, matrixCalls()...), rowCalls()...), attentionCalls()...)
}

// trainedConvs are convolutions at sizes of networks, where sums are cut in many ways.
func trainedConvs() []kernel.Conv {
	convs := []kernel.Conv{ // Few rows, many channels, rows that conflict, a last panel that is cut short.
		square(1, 7, 1152, 192, 1, 1, 0, 1, 1),
		square(4, 7, 1024, 136, 1, 1, 0, 1, 1),
		square(12, 14, 480, 112, 1, 1, 0, 1, 1),
		square(40, 14, 112, 672, 1, 1, 0, 1, 1),
		square(40, 28, 24, 28, 1, 1, 0, 1, 1),
		square(6, 5, 1280, 102, 1, 1, 0, 1, 1),
	}
	for _, l := range layers(3) {
		convs = append(convs, l.g)
	}
	return convs
}

// loopCalls are what a step does to parameters.
func loopCalls() []call {
	const n = 10007
	s := newSource()
	w, grad, m, v := s.normal(n), s.normal(n), s.normal(n), s.positive(n)
	out := [][]float32{make([]float32, n), make([]float32, n), make([]float32, n)}
	return []call{
		{"SumSquares", func(b kernel.Backend) [][]float32 {
			sum := math.Float64bits(b.Loops().SumSquares(w))
			return [][]float32{{math.Float32frombits(uint32(sum)), math.Float32frombits(uint32(sum >> 32))}}
		}},
		{"Climb", func(b kernel.Backend) [][]float32 {
			copy(out[0], w)
			b.Loops().Climb(out[1], out[0], grad, 0.05)
			return out[:2]
		}},
		{"DescendNesterov", func(b kernel.Backend) [][]float32 {
			copy(out[1], m)
			b.Loops().DescendNesterov(out[0], w, out[1], grad, 0.3, 0.02, 1e-4, 0.9)
			return out[:2]
		}},
		{"DescendAdamW", func(b kernel.Backend) [][]float32 {
			copy(out[1], m)
			copy(out[2], v)
			b.Loops().DescendAdamW(out[0], w, out[1], out[2], grad, kernel.AdamW{
				Scale: 0.3, Keep: 0.999, First: 0.1, Beta2: 0.999, Second: 0.001, Correct: 1.2, Epsilon: 1e-8, Rate: 3e-4})
			return out
		}},
	}
}

// attentionCalls are those of transformers.
func attentionCalls() []call {
	const images, tokens, heads, size = 6, 97, 3, 24
	const stacked, rows, cols = images * heads, images * tokens, heads * size
	s := newSource()
	x, dy := s.normal(rows*cols), s.normal(rows*cols)
	scale, bias, mean, invStd := s.positive(cols), s.normal(cols), make([]float32, rows), make([]float32, rows)
	y, scores := [][]float32{make([]float32, rows*cols), mean, invStd}, [][]float32{make([]float32, stacked*tokens*tokens)}
	attention := s.normal(stacked * tokens * tokens)
	sums := [][]float32{make([]float32, rows*cols), make([]float32, cols), make([]float32, cols)}
	axes := permuted([]int{images, tokens, heads, size}, []int{0, 3, 2, 1})
	var list []kernel.Product
	for i := range stacked {
		list = append(list, kernel.Product{C: i * tokens * tokens, A: i * tokens * size, B: i * tokens * size})
	}
	calls := []call{
		{"MatMulStack", func(b kernel.Backend) [][]float32 {
			b.MatMulStack(scores[0], x, dy, list, kernel.Stack{M: tokens, N: tokens, K: size, TransB: true}.Packed())
			return scores
		}},
		{"MatMulStackSoftmax", func(b kernel.Backend) [][]float32 {
			b.MatMulStackSoftmax(scores[0], x, dy, attention, list, kernel.Stack{M: tokens, N: tokens, K: size, TransB: true}.Packed())
			return scores
		}},
		{"MatMulStack of three", func(b kernel.Backend) [][]float32 {
			b.MatMulStack(scores[0], x, dy, list[:3], kernel.Stack{M: tokens, N: tokens, K: size, TransA: true}.Packed())
			return scores
		}},
		{"Permute", func(b kernel.Backend) [][]float32 {
			b.Permute(y[0], x, axes)
			return y[:1]
		}},
		{"Softmax", func(b kernel.Backend) [][]float32 {
			b.Softmax(scores[0], attention, stacked*tokens, tokens, 1)
			return scores
		}},
		{"Softmax of columns", func(b kernel.Backend) [][]float32 {
			b.Softmax(scores[0], attention, stacked, tokens, tokens)
			return scores
		}},
		{"SoftmaxGrad", func(b kernel.Backend) [][]float32 {
			b.SoftmaxGrad(scores[0], attention, attention, stacked*tokens, tokens, 1)
			return scores
		}},
		{"LayerNorm", func(b kernel.Backend) [][]float32 {
			b.LayerNorm(y[0], mean, invStd, x, scale, bias, rows, cols, 1e-5)
			return y
		}},
		{"LayerNormGrad", func(b kernel.Backend) [][]float32 {
			b.LayerNormGrad(sums[0], sums[1], sums[2], dy, x, scale, mean, invStd, rows, cols)
			return sums
		}},
	}
	for _, c := range bounds {
		act := kernel.Activation{Kind: c.kind}
		calls = append(calls,
			call{c.kind.String(), func(b kernel.Backend) [][]float32 { b.Activate(y[0], x, act); return y[:1] }},
			call{c.kind.String() + " gradient", func(b kernel.Backend) [][]float32 { b.ActivateGrad(y[0], dy, x, x, act); return y[:1] }})
	}
	return calls
}

func convCalls(g kernel.Conv) []call {
	s := newSource()
	nx, nw, ny := convSizes(g)
	x, w, dy, bias, residual := s.normal(nx), s.normal(nw), s.normal(ny), s.normal(g.OutC), s.normal(ny)
	y, dx, dw := [][]float32{make([]float32, ny)}, [][]float32{make([]float32, nx)}, [][]float32{make([]float32, nw)}
	act := kernel.Activation{Kind: kernel.HardSwish}
	finish := kernel.GradFinish{Plus: s.normal(nx), Act: kernel.Activation{Kind: kernel.Clip, Beta: 1}, Y: x, Sums: make([]float32, g.C),
		X: s.normal(nx), Mean: s.normal(g.C), InvStd: s.positive(g.C), SumsXhat: make([]float32, g.C)}
	factors := s.normal(g.OutC)
	scale := func(b kernel.Backend) []float32 { // Of the weights, if it is taken.
		if b.ScalesWeights(g) {
			return factors
		}
		return nil
	}
	finished := [][]float32{dx[0], finish.Sums, finish.SumsXhat}
	both := append(slices.Clip(finished), dw[0])
	return []call{
		{"Conv " + convName(g), func(b kernel.Backend) [][]float32 { b.Conv(y[0], x, w, nil, bias, residual, g, act); return y }},
		{"ConvGradInput " + convName(g), func(b kernel.Backend) [][]float32 { b.ConvGradInput(dx[0], dy, w, nil, g); return dx }},
		{"ConvGradInputFinish " + convName(g), func(b kernel.Backend) [][]float32 {
			b.ConvGradInputFinish(dx[0], dy, w, nil, g, finish)
			return finished
		}},
		{"Conv, scaled " + convName(g), func(b kernel.Backend) [][]float32 {
			b.Conv(y[0], x, w, scale(b), bias, residual, g, act)
			return y
		}},
		{"ConvGradInput, scaled " + convName(g), func(b kernel.Backend) [][]float32 {
			b.ConvGradInput(dx[0], dy, w, scale(b), g)
			return dx
		}},
		{"ConvGradWeights " + convName(g), func(b kernel.Backend) [][]float32 { b.ConvGradWeights(dw[0], x, dy, g); return dw }},
		{"ConvGrads " + convName(g), func(b kernel.Backend) [][]float32 {
			f := finish
			if g.Groups > 1 {
				f.Plus = nil // With it both gradients of a depthwise convolution are computed apart.
			}
			b.ConvGrads(dw[0], dx[0], x, dy, w, scale(b), g, f)
			return both
		}},
	}
}

func matrixCalls() []call {
	s := newSource()
	const m, n, k = 90, 102, 700
	a, bb, bias, c := s.normal(m*k), s.normal(k*n), s.normal(n), [][]float32{make([]float32, m*n)}
	logits, labels, out := s.normal(m*n), make([]float32, m*n), [][]float32{make([]float32, m*n), make([]float32, 1)}
	for r := range m {
		labels[r*n+r%n] = 1
	}
	calls := []call{{"SoftmaxCrossEntropy", func(b kernel.Backend) [][]float32 {
		out[1][0] = b.SoftmaxCrossEntropy(out[0], logits, labels, m, n, 0.1)
		return out
	}}}
	for variant := range 4 {
		transA, transB := variant&1 != 0, variant&2 != 0
		calls = append(calls, call{"MatMul", func(b kernel.Backend) [][]float32 {
			b.MatMul(c[0], a, bb, bias, m, n, k, transA, transB)
			return c
		}})
	}
	return calls
}

func rowCalls() []call {
	const rows, cols = 5000, 27
	s := newSource()
	x, y, z := s.normal(rows*cols), s.normal(rows*cols), s.normal(rows*cols)
	var v [5][]float32
	for i := range v {
		v[i] = s.positive(cols)
	}
	out := [][]float32{make([]float32, rows*cols), make([]float32, cols)}
	sums := [][]float32{make([]float32, cols), make([]float32, cols)}
	scaled := [][]float32{out[0], sums[0]}
	pool := kernel.Pool{N: 50, H: 10, W: 10, C: cols, OutH: 5, OutW: 5, KernelH: 3, KernelW: 3, StrideH: 2, StrideW: 2,
		DilationH: 1, DilationW: 1, PadTop: 1, PadLeft: 1}
	small, argmax := [][]float32{make([]float32, 50*25*cols)}, make([]int32, 50*25*cols)
	act := kernel.Activation{Kind: kernel.Clip, Beta: 6}
	return []call{
		{"Activate", func(b kernel.Backend) [][]float32 { b.Activate(out[0], x, act); return out[:1] }},
		{"ActivateGrad", func(b kernel.Backend) [][]float32 { b.ActivateGrad(out[0], x, nil, y, act); return out[:1] }},
		{"ActivateGradSums", func(b kernel.Backend) [][]float32 {
			b.ActivateGradSums(out[0], out[1], x, nil, y, rows, cols, act)
			return out
		}},
		{"Add", func(b kernel.Backend) [][]float32 { b.Add(out[0], x, y); return out[:1] }},
		{"Mul", func(b kernel.Backend) [][]float32 { b.Mul(out[0], x, y); return out[:1] }},
		{"Affine", func(b kernel.Backend) [][]float32 { b.Affine(out[0], x, v[0], nil, z, rows, cols, act); return out[:1] }},
		{"ColumnSums", func(b kernel.Backend) [][]float32 { b.ColumnSums(sums[0], x, rows, cols); return sums[:1] }},
		{"ColumnDots", func(b kernel.Backend) [][]float32 { b.ColumnDots(sums[0], x, y, rows, cols); return sums[:1] }},
		{"ScaleDots", func(b kernel.Backend) [][]float32 {
			b.ScaleDots(out[0], sums[0], x, y, v[0], rows, cols)
			return scaled
		}},
		{"BatchStatistics", func(b kernel.Backend) [][]float32 {
			b.BatchStatistics(sums[0], sums[1], x, rows, cols)
			return sums
		}},
		{"BatchNormGradSums", func(b kernel.Backend) [][]float32 {
			b.BatchNormGradSums(sums[0], sums[1], x, y, v[0], v[1], rows, cols)
			return sums
		}},
		{"BatchNormGradInput", func(b kernel.Backend) [][]float32 {
			b.BatchNormGradInput(out[0], x, y, v[0], v[1], v[2], v[3], v[4], rows, cols)
			return out[:1]
		}},
		{"MaxPool", func(b kernel.Backend) [][]float32 { b.MaxPool(small[0], argmax, x, pool); return small }},
		{"MaxPoolGrad", func(b kernel.Backend) [][]float32 { b.MaxPoolGrad(out[0], small[0], argmax, pool); return out[:1] }},
		{"AveragePool", func(b kernel.Backend) [][]float32 { b.AveragePool(small[0], x, pool); return small }},
		{"AveragePoolGrad", func(b kernel.Backend) [][]float32 { b.AveragePoolGrad(out[0], small[0], pool); return out[:1] }},
	}
}
