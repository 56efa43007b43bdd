package kerneltest

import (
	"testing"

	"finetune/internal/kernel"
)

// A layer is a convolution of a network, by name.
type layer struct {
	name string
	g    kernel.Conv
}

// layers are those where a network spends its time, at the given batch.
func layers(n int) []layer {
	dense := func(name string, size, c, outC, k, stride int) layer {
		return layer{name, square(n, size, c, outC, k, stride, k/2, 1, 1)}
	}
	depthwise := func(name string, size, c, k, stride int) layer {
		return layer{name, square(n, size, c, c, k, stride, k/2, 1, c)}
	}
	return []layer{
		dense("lite0/stem_3x3_s2", 224, 3, 32, 3, 2),
		depthwise("lite0/b0_depthwise_3x3", 112, 32, 3, 1),
		dense("lite0/b0_project_1x1", 112, 32, 16, 1, 1),
		dense("lite0/b1_expand_1x1", 112, 16, 96, 1, 1),
		depthwise("lite0/b1_depthwise_3x3_s2", 112, 96, 3, 2),
		dense("lite0/b1_project_1x1", 56, 96, 24, 1, 1),
		dense("lite0/b2_expand_1x1", 56, 24, 144, 1, 1),
		depthwise("lite0/b3_depthwise_5x5_s2", 56, 144, 5, 2),
		depthwise("lite0/b4_depthwise_5x5", 28, 240, 5, 1),
		dense("lite0/b6_project_1x1", 14, 480, 80, 1, 1),
		dense("lite0/b6_expand_1x1", 14, 80, 480, 1, 1),
		depthwise("lite0/b9_depthwise_5x5", 14, 672, 5, 1),
		dense("lite0/b9_project_1x1", 14, 672, 112, 1, 1),
		depthwise("lite0/b12_depthwise_5x5", 7, 1152, 5, 1),
		dense("lite0/b15_project_1x1", 7, 1152, 320, 1, 1),
		dense("lite0/head_1x1", 7, 320, 1280, 1, 1),
		dense("resnet50/conv1_7x7_s2", 224, 3, 64, 7, 2),
		dense("resnet50/conv2_3x3", 56, 64, 64, 3, 1),
		dense("resnet50/conv3_3x3_s2", 56, 128, 128, 3, 2),
		dense("resnet50/conv4_3x3", 14, 256, 256, 3, 1),
		dense("resnet50/conv5_3x3", 7, 512, 512, 3, 1),
		dense("resnet50/conv5_reduce_1x1", 7, 2048, 512, 1, 1),
		dense("resnet50/conv5_expand_1x1", 7, 512, 2048, 1, 1),
	}
}

// EachConv calls f with the convolution and its two gradients at the shapes of
// layers, batch 32.
func EachConv(f func(name string, flops float64, run func(kernel.Backend))) {
	act := kernel.Activation{Kind: kernel.Clip, Beta: 6}
	for _, l := range layers(32) {
		g := l.g
		nx, nw, ny := convSizes(g)
		s := newSource()
		x, w, y, bias := s.cheap(nx), s.cheap(nw), s.cheap(ny), s.cheap(g.OutC)
		flops := 2 * float64(ny) * float64(g.KernelH*g.KernelW*(g.C/g.Groups))
		f(l.name+"/forward", flops, func(b kernel.Backend) { b.Conv(y, x, w, nil, bias, nil, g, act) })
		f(l.name+"/gradInput", flops, func(b kernel.Backend) { b.ConvGradInput(x, y, w, nil, g) })
		f(l.name+"/gradWeights", flops, func(b kernel.Backend) { b.ConvGradWeights(w, x, y, g) })
	}
}

// BenchmarkConv measures EachConv.
func BenchmarkConv(b *testing.B, backend kernel.Backend) {
	EachConv(func(name string, flops float64, run func(kernel.Backend)) {
		b.Run(name, func(b *testing.B) {
			run(backend)
			for b.Loop() {
				run(backend)
			}
			b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	})
}

// cheap returns n numbers in [-½, ½) that are quick to make.
func (s source) cheap(n int) []float32 {
	x := make([]float32, n)
	seed := s.Uint32()
	for i := range x {
		seed = seed*1664525 + 1013904223
		x[i] = float32(seed>>8)/(1<<24) - 0.5
	}
	return x
}

// EachRows calls f with the kernels that only memory bounds, at the shape of an
// early layer of EfficientNet-Lite0, and the bytes that they read and write.
func EachRows(f func(name string, bytes float64, run func(kernel.Backend))) {
	const rows, cols = 32 * 56 * 56, 144
	const pass = 4 * rows * cols
	s := newSource()
	x, y, z := s.cheap(rows*cols), s.cheap(rows*cols), s.cheap(rows*cols)
	var v [5][]float32
	for i := range v {
		v[i] = s.cheap(cols)
	}
	act := kernel.Activation{Kind: kernel.Clip, Beta: 6}
	f("Activate", 2*pass, func(b kernel.Backend) { b.Activate(z, x, act) })
	f("ActivateGrad", 3*pass, func(b kernel.Backend) { b.ActivateGrad(z, x, nil, y, act) })
	f("ActivateGradSums", 3*pass, func(b kernel.Backend) { b.ActivateGradSums(z, v[0], x, nil, y, rows, cols, act) })
	f("Add", 3*pass, func(b kernel.Backend) { b.Add(z, x, y) })
	f("Affine", 2*pass, func(b kernel.Backend) { b.Affine(z, x, v[0], v[1], nil, rows, cols, act) })
	f("ColumnSums", pass, func(b kernel.Backend) { b.ColumnSums(v[0], x, rows, cols) })
	f("ColumnDots", 2*pass, func(b kernel.Backend) { b.ColumnDots(v[0], x, y, rows, cols) })
	f("ScaleDots", 3*pass, func(b kernel.Backend) { b.ScaleDots(z, v[0], x, y, v[1], rows, cols) })
	f("BatchStatistics", pass, func(b kernel.Backend) { b.BatchStatistics(v[0], v[1], x, rows, cols) })
	f("BatchNormGradSums", 2*pass, func(b kernel.Backend) { b.BatchNormGradSums(v[0], v[1], x, y, v[2], v[3], rows, cols) })
	f("BatchNormGradInput", 3*pass, func(b kernel.Backend) {
		b.BatchNormGradInput(z, x, y, v[0], v[1], v[2], v[3], v[4], rows, cols)
	})
	for _, c := range bounds {
		act := kernel.Activation{Kind: c.kind}
		f(c.kind.String(), 2*pass, func(b kernel.Backend) { b.Activate(z, x, act) })
		f(c.kind.String()+" gradient", 3*pass, func(b kernel.Backend) { b.ActivateGrad(z, x, y, y, act) })
	}
	mean, invStd := s.cheap(rows), s.cheap(rows)
	f("Softmax", 2*pass, func(b kernel.Backend) { b.Softmax(z, x, rows, cols, 1) })
	f("SoftmaxGrad", 3*pass, func(b kernel.Backend) { b.SoftmaxGrad(z, x, y, rows, cols, 1) })
	f("LayerNorm", 2*pass, func(b kernel.Backend) { b.LayerNorm(z, mean, invStd, x, v[0], v[1], rows, cols, 1e-5) })
	f("LayerNormGrad", 3*pass, func(b kernel.Backend) {
		b.LayerNormGrad(z, v[1], v[2], x, y, v[0], mean, invStd, rows, cols)
	})
	heads, transposed := permuted([]int{32, 56 * 56, 3, 48}, []int{0, 2, 1, 3}), permuted([]int{32, 56 * 56, 144}, []int{0, 2, 1})
	f("Permute 0213", 2*pass, func(b kernel.Backend) { b.Permute(z, x, heads) })
	f("Permute 021", 2*pass, func(b kernel.Backend) { b.Permute(z, x, transposed) })
}

// BenchmarkMatMulStack measures the products of attention, of 16 images and 3 heads
// of 64 with 197 tokens.
func BenchmarkMatMulStack(b *testing.B, backend kernel.Backend) {
	const count, tokens, size = 48, 197, 64
	s := newSource()
	q, k, scores := s.cheap(count*tokens*size), s.cheap(count*tokens*size), s.cheap(count*tokens*tokens)
	for _, c := range []struct {
		name    string
		c, a, b []float32
		stack   kernel.Stack
	}{
		{"scores", scores, q, k, kernel.Stack{M: tokens, N: tokens, K: size, TransB: true}},
		{"values", q, scores, k, kernel.Stack{M: tokens, N: size, K: tokens}},
		{"gradient", q, scores, k, kernel.Stack{M: tokens, N: size, K: tokens, TransA: true}},
	} {
		var list []kernel.Product
		for i := range count {
			list = append(list, kernel.Product{C: len(c.c) / count * i, A: len(c.a) / count * i, B: len(c.b) / count * i})
		}
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				backend.MatMulStack(c.c, c.a, c.b, list, c.stack.Packed())
			}
			b.ReportMetric(2*count*tokens*tokens*size*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

// BenchmarkRows measures EachRows.
func BenchmarkRows(b *testing.B, backend kernel.Backend) {
	EachRows(func(name string, bytes float64, run func(kernel.Backend)) {
		b.Run(name, func(b *testing.B) {
			run(backend)
			for b.Loop() {
				run(backend)
			}
			b.ReportMetric(bytes*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
		})
	})
}
