package gokernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"finetune/internal/kernel"
)

// Every way to pool gives the bytes of the plain one, which scatters.
func TestMaxPoolBytes(t *testing.T) {
	plain := NewPlain(1)
	defer plain.Close()
	for _, isa := range isas() {
		t.Run(isa.name, func(t *testing.T) {
			skipUnlessSupported(t, isa)
			for _, threads := range []int{1, 4} {
				b := newBackend(threads, isa)
				for _, k := range []int{2, 3, 7} {
					for _, c := range []int{5, 8, 16, 27, 64} {
						for stride := 1; stride <= 3; stride++ {
							testMaxPoolBytes(t, b, plain, squarePool(2, 13, c, k, stride))
						}
					}
				}
				b.Close()
			}
		})
	}
}

// squarePool is a pool of images of size² pixels, padded by half of a window,
// the last of which may reach over the edge.
func squarePool(n, size, c, k, stride int) kernel.Pool {
	out := (size+2*(k/2)-k+stride-1)/stride + 1
	return kernel.Pool{
		N: n, H: size, W: size, C: c, OutH: out, OutW: out, KernelH: k, KernelW: k, StrideH: stride, StrideW: stride,
		DilationH: 1, DilationW: 1, PadTop: k / 2, PadLeft: k / 2, PadBottom: k / 2, PadRight: k / 2,
	}
}

func testMaxPoolBytes(t *testing.T, b, plain *Backend, g kernel.Pool) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	few := []float32{-1, 0, 0.5, 2, float32(math.Copysign(0, -1)), float32(math.Inf(-1)), float32(math.NaN())}
	x := make([]float32, g.N*g.H*g.W*g.C)
	for i := range x {
		x[i] = few[r.IntN(len(few))]
	}
	ny := g.N * g.OutH * g.OutW * g.C
	dy := make([]float32, ny)
	for i := range dy {
		dy[i] = float32(r.NormFloat64())
	}
	run := func(b *Backend) (y, dx []float32, argmax []int32) {
		y, dx, argmax = make([]float32, ny), make([]float32, len(x)), make([]int32, ny)
		b.MaxPool(y, argmax, x, g)
		b.MaxPoolGrad(dx, dy, argmax, g)
		return y, dx, argmax
	}
	y, dx, argmax := run(b)
	wantY, wantDx, wantArgmax := run(plain)
	sameBits := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
	if !slices.EqualFunc(y, wantY, sameBits) || !slices.Equal(argmax, wantArgmax) || !slices.EqualFunc(dx, wantDx, sameBits) {
		t.Errorf("%s, %d threads, window %d, stride %d, %d channels: other bytes than %s", b.Name(), b.Threads(), g.KernelH, g.StrideH, g.C, plain.Name())
	}
}

// BenchmarkMaxPool pools as ResNet's first layers do, and as windows that
// overlap more.
func BenchmarkMaxPool(b *testing.B) {
	for _, shape := range []struct {
		name string
		g    kernel.Pool
	}{
		{"resnet_3x3_by2", squarePool(16, 112, 64, 3, 2)},
		{"vgg_2x2_by2", kernel.Pool{N: 16, H: 112, W: 112, C: 128, OutH: 56, OutW: 56, KernelH: 2, KernelW: 2, StrideH: 2, StrideW: 2, DilationH: 1, DilationW: 1}},
		{"inception_3x3", squarePool(16, 28, 256, 3, 1)},
		{"spp_5x5", squarePool(16, 14, 256, 5, 1)},
		{"spp_7x7", squarePool(16, 14, 256, 7, 1)},
		{"spp_13x13", squarePool(16, 14, 256, 13, 1)},
	} {
		g := shape.g
		x, dx := make([]float32, g.N*g.H*g.W*g.C), make([]float32, g.N*g.H*g.W*g.C)
		y, argmax := make([]float32, g.N*g.OutH*g.OutW*g.C), make([]int32, g.N*g.OutH*g.OutW*g.C)
		for i := range x {
			x[i] = float32(max(0, int32(uint32(i)*2654435761)))
		}
		for _, isa := range isas() {
			if !isa.supported() {
				continue
			}
			backend := newBackend(1, isa)
			backend.MaxPool(y, argmax, x, g)
			backend.MaxPoolGrad(dx, y, argmax, g)
			b.Run(shape.name+"/forward/"+isa.name, func(b *testing.B) {
				for b.Loop() {
					backend.MaxPool(y, argmax, x, g)
				}
			})
			b.Run(shape.name+"/grad/"+isa.name, func(b *testing.B) {
				for b.Loop() {
					backend.MaxPoolGrad(dx, y, argmax, g)
				}
			})
			backend.Close()
		}
	}
}
