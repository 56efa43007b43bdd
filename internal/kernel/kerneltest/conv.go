package kerneltest

import (
	"fmt"
	"slices"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/naive"
)

// square is a convolution with the same geometry in both directions.
func square(n, size, c, outC, k, stride, pad, dilation, groups int) kernel.Conv {
	out := max(0, (size+2*pad-dilation*(k-1)-1)/stride+1)
	return kernel.Conv{
		N: n, H: size, W: size, C: c, OutH: out, OutW: out, OutC: outC,
		KernelH: k, KernelW: k, StrideH: stride, StrideW: stride,
		DilationH: dilation, DilationW: dilation, PadTop: pad, PadLeft: pad, Groups: groups,
	}
}

func convCases() []kernel.Conv {
	var all []kernel.Conv
	for _, c := range []int{1, 3, 5, 8, 16, 17, 24} {
		for _, outC := range []int{1, 7, 8, 16, 24, 33} {
			all = append(all, square(2, 5, c, outC, 1, 1, 0, 1, 1))
		}
		all = append(all,
			square(1, 9, c, 8, 3, 1, 1, 1, 1),
			square(2, 8, c, 17, 3, 2, 1, 1, 1),
			square(1, 7, c, c, 1, 2, 0, 1, 1),
		)
	}
	for _, c := range []int{3, 8, 16, 17, 24, 40, 70} {
		for _, size := range []int{1, 7, 8, 9, 17} {
			for _, stride := range []int{1, 2} {
				all = append(all,
					square(2, size, c, c, 3, stride, 1, 1, c),
					square(2, size, c, c, 5, stride, 2, 1, c))
			}
		}
		all = append(all,
			square(1, 9, c, c, 3, 1, 2, 2, c),     // dilated
			square(1, 9, c, c, 3, 3, 1, 1, c),     // stride 3
			square(1, 9, c, c, 1, 2, 0, 1, c),     // input that no tap reads
			square(1, 9, c, c, 3, 1, 0, 1, c),     // no padding
			square(1, 9, c, 2*c, 3, 1, 1, 1, c),   // multiplier
			square(1, 20, c, c, 7, 2, 3, 1, c),    // large kernel
			square(2, 7, 2*c, 3*2, 3, 2, 1, 1, 2), // groups
			square(1, 8, 2*c, 2*c, 1, 1, 0, 1, 2), // grouped 1x1
		)
	}
	asymmetric := square(2, 8, 8, 8, 3, 2, 0, 1, 8) // TensorFlow's SAME: padding below and to the right
	asymmetric.OutH, asymmetric.OutW = 4, 4
	oblong := kernel.Conv{
		N: 3, H: 6, W: 11, C: 5, OutH: 5, OutW: 4, OutC: 9, KernelH: 2, KernelW: 5, StrideH: 1, StrideW: 3,
		DilationH: 1, DilationW: 1, PadTop: 0, PadLeft: 2, Groups: 1,
	}
	dilated := square(1, 15, 6, 10, 3, 2, 3, 4, 1)
	all = append(all, // large enough to be stored past the caches
		square(1, 300, 3, 32, 1, 1, 0, 1, 1),
		square(1, 300, 2, 32, 3, 1, 1, 1, 2),
		square(1, 370, 16, 16, 3, 2, 1, 1, 16))
	for _, c := range []int{4, 12, 96, 100, 130} { // dense without padding, read where it lies
		all = append(all,
			square(2, 7, c, 8, 3, 1, 0, 1, 1),
			square(1, 7, c, 24, 1, 2, 0, 1, 1),
			square(1, 9, 2*c, 16, 3, 2, 0, 2, 2))
	}
	return append(all, asymmetric, oblong, dilated,
		square(0, 5, 3, 4, 3, 1, 1, 1, 1),
		square(1, 1, 3, 4, 3, 1, 1, 1, 1),
		square(2, 30, 3, 32, 3, 2, 1, 1, 1),    // stem
		square(1, 18, 3, 64, 7, 2, 3, 1, 1),    // ResNet stem
		square(3, 7, 48, 40, 3, 1, 1, 1, 1),    // several blocks of K
		square(2, 14, 130, 24, 3, 2, 1, 1, 1),  // several chunks of channels
		square(1, 9, 12, 12, 3, 2, 2, 2, 1),    // stride and dilation with a common factor
		square(1, 9, 12, 12, 3, 3, 2, 2, 1),    // and without
		square(2, 20, 400, 48, 1, 1, 0, 1, 1),  // long K
		square(1, 40, 16, 96, 1, 1, 0, 1, 1),   // several chunks of rows
		square(1, 60, 24, 24, 3, 1, 1, 1, 24),  // several bands
		square(1, 60, 96, 96, 5, 2, 2, 1, 96),  // several bands and blocks of channels
		square(1, 57, 32, 8, 3, 1, 1, 1, 1),    // several bands
		square(1, 29, 64, 128, 1, 2, 0, 1, 1),  // downsampling
		square(1, 9, 6, 4, 3, 1, 4, 1, 1),      // more padding than kernel
		square(1, 232, 8, 70, 1, 1, 0, 1, 1),   // both gradients together, the wide rows of y first
		square(1, 135, 201, 30, 1, 1, 0, 1, 1), // the wide rows of x first
	)
}

func convName(g kernel.Conv) string {
	return fmt.Sprintf("n%d_%dx%dx%d_to_%dx%dx%d_k%dx%d_s%dx%d_d%d_p%d_g%d", g.N, g.H, g.W, g.C,
		g.OutH, g.OutW, g.OutC, g.KernelH, g.KernelW, g.StrideH, g.StrideW, g.DilationH, g.PadTop, g.Groups)
}

func testConv(t *testing.T, b kernel.Backend) {
	for i, g := range append(convCases(), conv3x3Cases()...) {
		t.Run(convName(g), func(t *testing.T) {
			testConvForward(t, b, g, activations[i%len(activations)], i%2 == 0, i%3 == 0)
			testConvGrad(t, b, g)
			testScaledWeights(t, b, g)
		})
	}
}

// convSizes returns the lengths of input, weights and output.
func convSizes(g kernel.Conv) (x, w, y int) {
	return g.N * g.H * g.W * g.C, g.KernelH * g.KernelW * (g.C / g.Groups) * g.OutC, g.N * g.OutH * g.OutW * g.OutC
}

func toOIHW(w []float32, g kernel.Conv) []float64 {
	out := make([]float32, len(w))
	kernel.ToOIHW(out, w, g.OutC, g.C/g.Groups, g.KernelH, g.KernelW)
	return widen(out)
}

func testConvForward(t *testing.T, b kernel.Backend, g kernel.Conv, act kernel.Activation, withBias, withResidual bool) {
	s := newSource()
	nx, nw, ny := convSizes(g)
	x, w, y := s.normal(nx), s.normal(nw), guarded(ny)
	var bias, residual []float32
	if withBias {
		bias = s.normal(g.OutC)
	}
	if withResidual {
		residual = s.normal(ny)
	}
	b.Conv(y, x, w, nil, bias, residual, g, act)

	x64, w64 := toNCHW(x, g.N, g.C, g.H, g.W), toOIHW(w, g)
	want, scale := make([]float64, ny), make([]float64, ny)
	naive.Conv(want, x64, w64, widen(bias), g)
	naive.Conv(scale, absolute(x64), absolute(w64), absolute(widen(bias)), g)
	for i, r := range toNCHW(residual, g.N, g.OutC, g.OutH, g.OutW) {
		want[i] += r
		scale[i] += max(r, -r)
	}
	naive.Activate(want, want, act)
	addAbsolute(scale, want)
	scale, tolerance := tolerance3x3(g, scale, activatedSum(act))
	compare(t, "Conv", y, fromNCHW(want, g.N, g.OutC, g.OutH, g.OutW), fromNCHW(scale, g.N, g.OutC, g.OutH, g.OutW), tolerance)
}

// activatedSum is the tolerance of an activation of a sum.
func activatedSum(act kernel.Activation) float64 {
	switch act.Kind {
	case kernel.HardSwish:
		return 2 * summed // Its slope reaches 1.5, and it rounds more than once.
	case kernel.Sigmoid, kernel.Swish, kernel.Gelu:
		return max(summed, exponents)
	}
	return summed
}

func testConvGrad(t *testing.T, b kernel.Backend, g kernel.Conv) {
	s := newSource()
	nx, nw, ny := convSizes(g)
	x, w, dy := s.normal(nx), s.normal(nw), s.normal(ny)
	dx, dw := guarded(nx), guarded(nw)
	b.ConvGradInput(dx, dy, w, nil, g)
	b.ConvGradWeights(dw, x, dy, g)

	x64, w64, dy64 := toNCHW(x, g.N, g.C, g.H, g.W), toOIHW(w, g), toNCHW(dy, g.N, g.OutC, g.OutH, g.OutW)
	want, scale := make([]float64, nx), make([]float64, nx)
	naive.ConvGradInput(want, dy64, w64, g)
	naive.ConvGradInput(scale, absolute(dy64), absolute(w64), g)
	scale, tolerance := tolerance3x3(g, scale, summed)
	compare(t, "ConvGradInput", dx, fromNCHW(want, g.N, g.C, g.H, g.W), fromNCHW(scale, g.N, g.C, g.H, g.W), tolerance)

	wantW, scaleW := make([]float64, nw), make([]float64, nw)
	naive.ConvGradWeights(wantW, x64, dy64, g)
	naive.ConvGradWeights(scaleW, absolute(x64), absolute(dy64), g)
	scaleW, tolerance = tolerance3x3(g, scaleW, summed)
	compareW := func(name string, dw []float32) {
		compare(t, name, dw, fromOIHW(wantW, g), fromOIHW(scaleW, g), tolerance)
	}
	compareW("ConvGradWeights", dw)

	for _, act := range []kernel.Activation{{}, {Kind: kernel.Clip, Alpha: -0.5, Beta: 0.5}, {Kind: kernel.LeakyRelu, Alpha: 0.1}} {
		for i := range 4 {
			norm, plus := i >= 2, i%2 == 1
			testGradFinish(t, b, g, dx, act, norm, plus, "ConvGradInputFinish", func(got []float32, f kernel.GradFinish) {
				b.ConvGradInputFinish(got, dy, w, nil, g, f)
			})
			if !b.JoinsGrads(g) && i > 0 {
				continue // It is the two calls above.
			}
			testGradFinish(t, b, g, dx, act, norm, plus, "ConvGrads", func(got []float32, f kernel.GradFinish) {
				dw := guarded(nw)
				b.ConvGrads(dw, got, x, dy, w, nil, g, f)
				compareW("ConvGrads dw", dw)
			})
		}
	}
}

// testScaledWeights compares convolutions with a scale of the weights with those with the
// weights times the scale: they are the same to the last bit.
func testScaledWeights(t *testing.T, b kernel.Backend, g kernel.Conv) {
	if !b.ScalesWeights(g) {
		return
	}
	s := newSource()
	nx, nw, ny := convSizes(g)
	x, w, dy, scale := s.normal(nx), s.normal(nw), s.normal(ny), s.normal(g.OutC)
	folded := make([]float32, nw)
	for i, v := range w {
		folded[i] = v * scale[i%g.OutC]
	}
	got, want := guarded(ny), make([]float32, ny)
	b.Conv(got, x, w, scale, nil, nil, g, kernel.Activation{})
	b.Conv(want, x, folded, nil, nil, nil, g, kernel.Activation{})
	if !slices.Equal(got, want) {
		t.Errorf("Conv with a scale: not that with the weights times the scale, of %+v", g)
	}
	got, want = guarded(nx), make([]float32, nx)
	b.ConvGradInput(got, dy, w, scale, g)
	b.ConvGradInput(want, dy, folded, nil, g)
	if !slices.Equal(got, want) {
		t.Errorf("ConvGradInput with a scale: not that with the weights times the scale, of %+v", g)
	}
	act := kernel.Activation{Kind: kernel.Clip, Alpha: -0.5, Beta: 0.5}
	testGradFinish(t, b, g, want, act, true, true, "ConvGradInputFinish", func(got []float32, f kernel.GradFinish) {
		b.ConvGradInputFinish(got, dy, w, scale, g, f)
	})
	testGradFinish(t, b, g, want, act, true, true, "ConvGrads", func(got []float32, f kernel.GradFinish) {
		b.ConvGrads(make([]float32, nw), got, x, dy, w, scale, g, f)
	})
}

func fromOIHW(w []float64, g kernel.Conv) []float64 {
	i, taps := g.C/g.Groups, g.KernelH*g.KernelW
	out := make([]float64, len(w))
	for at, v := range w {
		oo, ii, tap := at/(i*taps), at/taps%i, at%taps
		out[(tap*i+ii)*g.OutC+oo] = v
	}
	return out
}
