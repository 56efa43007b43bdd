package gokernel

import (
	"fmt"
	"testing"

	"finetune/internal/kernel"
)

// BenchmarkRowsProduct times the products that EfficientNet-Lite0 has at batch 4
// and 16 and 224 pixels: m, n and k.
func BenchmarkRowsProduct(b *testing.B) {
	for _, s := range [][3]int{
		{196, 1152, 192}, {196, 192, 1152}, {196, 1280, 320}, {784, 672, 112}, {784, 112, 672}, {3136, 240, 40}, {3136, 40, 240},
		{12544, 144, 24}, {784, 1152, 192}, {784, 192, 1152}, {3136, 672, 112},
	} {
		m, n, k := s[0], s[1], s[2]
		for _, transB := range []bool{false, true} {
			benchmarkProduct(b, fmt.Sprintf("%dx%d,%d,%v", m, n, k, transB), m*k, n*k, m*n, m*n*k, func(be *Backend, c, x, y []float32) {
				be.MatMul(c, x, y, nil, m, n, k, false, transB)
			})
		}
	}
}

// BenchmarkOuterProduct times the sums of outer products that ResNet-50 and
// EfficientNet-Lite0 have at batch 16 and 224 pixels, the latter at batch 4, and ViT-Ti
// and ViT-S at 16: m, n and rows.
func BenchmarkOuterProduct(b *testing.B) {
	for _, s := range [][3]int{{256, 1024, 3136}, {1024, 256, 3136}, {128, 512, 12544}, {512, 128, 12544}, {512, 2048, 784}, {192, 1152, 784},
		{192, 1152, 196}, {1152, 192, 196}, {1152, 320, 196}, {320, 1280, 196}, {672, 192, 196}, {112, 672, 784}, {672, 112, 784},
		{480, 80, 784}, {240, 40, 3136}, {144, 24, 12544}, {96, 24, 12544},
		{192, 768, 3152}, {768, 192, 3152}, {192, 576, 3152}, {192, 192, 3152}, {384, 1536, 3152}} {
		m, n, k := s[0], s[1], s[2]
		benchmarkProduct(b, fmt.Sprintf("%dx%d,%d", m, n, k), m*k, n*k, m*n, m*n*k, func(be *Backend, c, x, y []float32) {
			be.outerProduct(c, x, y, m, n, k)
		})
	}
}

// BenchmarkOuterProductFromMemory times those of EfficientNet-Lite0 at batch 4 as a
// training step does them: the operands, and what the result was before, are in no cache
// of a core, because 24 sets of them take turns.
func BenchmarkOuterProductFromMemory(b *testing.B) {
	for _, s := range [][3]int{{192, 1152, 196}, {1152, 192, 196}, {1152, 320, 196}, {320, 1280, 196}, {672, 192, 196},
		{112, 672, 784}, {672, 112, 784}, {80, 480, 784}, {480, 80, 784}, {240, 40, 3136}, {40, 240, 3136}} {
		const sets = 24
		m, n, k, turn := s[0], s[1], s[2], 0
		benchmarkProduct(b, fmt.Sprintf("%dx%d,%d", m, n, k), sets*m*k, sets*n*k, sets*m*n, m*n*k, func(be *Backend, c, x, y []float32) {
			turn = (turn + 7) % sets
			be.outerProduct(c[turn*m*n:][:m*n], x[turn*m*k:][:m*k], y[turn*n*k:][:n*k], m, n, k)
		})
	}
}

// BenchmarkStridedGradWeights times the gradients of weights of ResNet-50's
// convolutions by steps of two.
func BenchmarkStridedGradWeights(b *testing.B) {
	for _, s := range [][4]int{{256, 512, 56, 1}, {512, 1024, 28, 1}, {1024, 2048, 14, 1}, {128, 128, 56, 3}, {256, 256, 28, 3}, {512, 512, 14, 3}} {
		in, out, size, taps := s[0], s[1], s[2], s[3]
		g := kernel.Conv{
			N: 16, C: in, H: size, W: size, OutC: out, OutH: size / 2, OutW: size / 2, KernelH: taps, KernelW: taps,
			StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1, PadTop: taps / 2, PadLeft: taps / 2, Groups: 1,
		}
		dy, w := g.N*g.OutH*g.OutW*out, taps*taps*in*out
		name := fmt.Sprintf("%dx%d,%d->%d,%d", taps, taps, in, out, size)
		benchmarkProduct(b, name, g.N*size*size*in, dy, w, dy*in*taps*taps, func(be *Backend, dw, x, dy []float32) {
			be.ConvGradWeights(dw, x, dy, g)
		})
	}
}

// benchmarkProduct times run on matrices of so many elements, and reports its
// multiplications with an addition as GFLOP/s.
func benchmarkProduct(b *testing.B, name string, x, y, c, macs int, run func(be *Backend, c, x, y []float32)) {
	b.Run(name, func(b *testing.B) {
		be := New(0)
		defer be.Close()
		matrices := [3][]float32{make([]float32, c), make([]float32, x), make([]float32, y)}
		for _, m := range matrices[1:] {
			for i := range m {
				m[i] = float32(i % 7)
			}
		}
		for b.Loop() {
			run(be, matrices[0], matrices[1], matrices[2])
		}
		b.ReportMetric(2*float64(macs)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	})
}
