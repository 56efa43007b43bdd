package kerneltest

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

func poolCases() []kernel.Pool {
	var all []kernel.Pool
	window := func(n, h, w, c, k, stride, pad, dilation int) kernel.Pool {
		return kernel.Pool{
			N: n, H: h, W: w, C: c,
			OutH: (h+2*pad-dilation*(k-1)-1)/stride + 1, OutW: (w+2*pad-dilation*(k-1)-1)/stride + 1,
			KernelH: k, KernelW: k, StrideH: stride, StrideW: stride, DilationH: dilation, DilationW: dilation,
			PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad,
		}
	}
	for _, c := range []int{1, 3, 8, 17, 24} {
		all = append(all,
			window(2, 9, 8, c, 3, 2, 1, 1),
			window(2, 8, 8, c, 2, 2, 0, 1),
			window(1, 7, 9, c, 3, 1, 1, 2),
			window(3, 7, 7, c, 7, 1, 0, 1), // global
			window(1, 1, 1, c, 1, 1, 0, 1),
		)
	}
	ceil := window(1, 8, 8, 5, 3, 2, 0, 1) // ceil_mode: the last window reaches over the edge
	ceil.OutH, ceil.OutW = 4, 4
	padded := window(1, 8, 8, 5, 3, 2, 1, 1)
	padded.CountIncludePad = true
	both := ceil
	both.CountIncludePad = true
	beyond := window(1, 3, 3, 2, 1, 2, 1, 1) // windows of padding alone
	wide := window(1, 3, 3, 40, 1, 2, 1, 1)
	return append(all, ceil, padded, both, beyond, wide,
		window(2, 9, 9, 33, 2, 2, 0, 1), // the last row and column are in no window
		window(2, 8, 9, 16, 2, 3, 0, 1), // nor are some between
		window(1, 9, 9, 40, 3, 2, 2, 2),
		window(1, 14, 13, 24, 13, 1, 6, 1),
	)
}

func testPool(t *testing.T, b kernel.Backend) {
	for _, g := range poolCases() {
		name := fmt.Sprintf("%dx%dx%dx%d_k%d_s%d_p%d_d%d", g.N, g.H, g.W, g.C, g.KernelH, g.StrideH, g.PadTop, g.DilationH)
		t.Run(name, func(t *testing.T) {
			testMaxPool(t, b, g)
			testAveragePool(t, b, g)
		})
	}
}

// testMaxPool uses few values, so that windows have several maxima, some of
// which are NaN or infinite.
func testMaxPool(t *testing.T, b kernel.Backend, g kernel.Pool) {
	s := newSource()
	x := s.normal(g.N * g.H * g.W * g.C)
	for i := range x {
		x[i] = float32(int(x[i] * 2))
		switch i % 41 {
		case 7:
			x[i] = float32(math.NaN())
		case 13, 14, 15:
			x[i] = float32(math.Inf(-1))
		case 23:
			x[i] = float32(math.Inf(1))
		case 31:
			x[i] = float32(math.Copysign(0, -1))
		}
	}
	ny := g.N * g.OutH * g.OutW * g.C
	y, argmax, dy, dx := guarded(ny), make([]int32, ny), s.normal(ny), guarded(len(x))
	b.MaxPool(y, argmax, x, g)
	b.MaxPoolGrad(dx, dy, argmax, g)

	want, wantArgmax := make([]float64, ny), make([]int, ny)
	naive.MaxPool(want, wantArgmax, toNCHW(x, g.N, g.C, g.H, g.W), g)
	compare(t, "MaxPool", y, fromNCHW(want, g.N, g.C, g.OutH, g.OutW), nil, exact)
	at := make([]float64, ny)
	for i, v := range wantArgmax {
		image, c, p := v/(g.C*g.H*g.W), v/(g.H*g.W)%g.C, v%(g.H*g.W)
		at[i] = float64((image*g.H*g.W+p)*g.C + c)
		if v < 0 {
			at[i] = -1
		}
	}
	for i, w := range fromNCHW(at, g.N, g.C, g.OutH, g.OutW) {
		if argmax[i] != int32(w) {
			t.Fatalf("MaxPool: argmax[%d] = %d, want %v", i, argmax[i], w)
		}
	}
	wantDx, scale := make([]float64, len(x)), make([]float64, len(x))
	dy64 := toNCHW(dy, g.N, g.C, g.OutH, g.OutW)
	naive.MaxPoolGrad(wantDx, dy64, wantArgmax, g)
	naive.MaxPoolGrad(scale, absolute(dy64), wantArgmax, g)
	compare(t, "MaxPoolGrad", dx, fromNCHW(wantDx, g.N, g.C, g.H, g.W), fromNCHW(scale, g.N, g.C, g.H, g.W), summed)
}

func testAveragePool(t *testing.T, b kernel.Backend, g kernel.Pool) {
	s := newSource()
	x := s.normal(g.N * g.H * g.W * g.C)
	ny := g.N * g.OutH * g.OutW * g.C
	y, dy, dx := guarded(ny), s.normal(ny), guarded(len(x))
	b.AveragePool(y, x, g)
	b.AveragePoolGrad(dx, dy, g)

	x64, dy64 := toNCHW(x, g.N, g.C, g.H, g.W), toNCHW(dy, g.N, g.C, g.OutH, g.OutW)
	want, scale := make([]float64, ny), make([]float64, ny)
	naive.AveragePool(want, x64, g)
	naive.AveragePool(scale, absolute(x64), g)
	compare(t, "AveragePool", y, fromNCHW(want, g.N, g.C, g.OutH, g.OutW), fromNCHW(scale, g.N, g.C, g.OutH, g.OutW), summed)
	want, scale = make([]float64, len(x)), make([]float64, len(x))
	naive.AveragePoolGrad(want, dy64, g)
	naive.AveragePoolGrad(scale, absolute(dy64), g)
	compare(t, "AveragePoolGrad", dx, fromNCHW(want, g.N, g.C, g.H, g.W), fromNCHW(scale, g.N, g.C, g.H, g.W), summed)
}
