package gokernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"finetune/internal/kernel"
)

// conv3x3 is a convolution of 3×3 with stride 1.
func conv3x3(n, size, c, outC, pad int) kernel.Conv {
	out := size + 2*pad - 2
	return kernel.Conv{
		N: n, H: size, W: size, C: c, OutH: out, OutW: out, OutC: outC,
		KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1,
		PadTop: pad, PadLeft: pad, Groups: 1,
	}
}

func TestWinogradIsForShapesThatPay(t *testing.T) {
	stride := conv3x3(16, 56, 128, 128, 1)
	stride.StrideH, stride.StrideW, stride.OutH, stride.OutW = 2, 2, 28, 28
	dilated, grouped := conv3x3(16, 14, 64, 64, 2), conv3x3(16, 14, 64, 64, 1)
	dilated.DilationH, dilated.DilationW, dilated.OutH, dilated.OutW = 2, 2, 14, 14
	grouped.Groups = 2
	for _, c := range []struct {
		name string
		g    kernel.Conv
		want bool
	}{
		{"vgg conv1_2", conv3x3(16, 224, 64, 64, 1), true},
		{"vgg conv1_1", conv3x3(16, 224, 3, 64, 1), false},
		{"resnet conv5", conv3x3(16, 7, 512, 512, 1), true},
		{"resnet conv5, one image", conv3x3(1, 7, 512, 512, 1), false},
		{"resnet conv4, one image", conv3x3(1, 14, 256, 256, 1), true},
		{"stride 2", stride, false},
		{"dilation 2", dilated, false},
		{"two groups", grouped, false},
		{"padding 3", conv3x3(16, 14, 64, 64, 3), false},
		{"2×2 pixels", conv3x3(16, 2, 64, 64, 1), false},
	} {
		if got := isWinograd(c.g, c.g.OutH, c.g.OutW); got != c.want {
			t.Errorf("%s: isWinograd = %v, want %v", c.name, got, c.want)
		}
	}
}

// TestWinogradError: on normal numbers the error of the transforms, as a share of
// the result's root mean square, is small by itself, and not many times that of
// the direct way. 14×14 pixels of 64 channels make sums of 576 products.
func TestWinogradError(t *testing.T) {
	const most = 2e-6
	g := conv3x3(4, 14, 64, 64, 1)
	r := rand.New(rand.NewPCG(1, 2))
	normal := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	x, dy, w := normal(g.N*g.H*g.W*g.C), normal(g.N*g.OutH*g.OutW*g.OutC), normal(9*g.C*g.OutC)
	y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
	for _, set := range isas() {
		if !set.supported() {
			continue
		}
		b := newBackend(2, set)
		defer b.Close()
		none := kernel.Activation{}
		for _, k := range []struct {
			name             string
			got              []float32
			want             []float64
			direct, winograd func()
		}{
			{"forward", y, exact3x3(x, w, dy, g, 0), func() { b.denseForward(y, x, w, nil, nil, g, none) },
				func() { b.winogradForward(y, x, w, nil, nil, g, none) }},
			{"gradInput", dx, exact3x3(x, w, dy, g, 1), func() { b.denseGradInput(dx, dy, w, g) },
				func() { b.winogradGradInput(dx, dy, w, g) }},
			{"gradWeights", dw, exact3x3(x, w, dy, g, 2), func() { b.convGradWeights(dw, x, dy, g) },
				func() { b.winogradGradWeights(dw, x, dy, g) }},
		} {
			k.direct()
			direct, directWorst := relativeError(k.got, k.want)
			k.winograd()
			winograd, worst := relativeError(k.got, k.want)
			t.Logf("%s %s: rms %.2g, direct %.2g; largest of the largest %.2g, direct %.2g",
				set.name, k.name, winograd, direct, worst, directWorst)
			if !(winograd <= most) {
				t.Errorf("%s %s: error %.2g of the root mean square, want at most %.2g", set.name, k.name, winograd, most)
			}
		}
	}
}

// exact3x3 returns y, dx or dw in float64.
func exact3x3(x, w, dy []float32, g kernel.Conv, which int) []float64 {
	out := make([]float64, []int{len(dy), len(x), len(w)}[which])
	for pixel := range g.N * g.OutH * g.OutW {
		n, oy, ox := pixel/(g.OutH*g.OutW), pixel/g.OutW%g.OutH, pixel%g.OutW
		for tap := range 9 {
			iy, ix := oy+tap/3-g.PadTop, ox+tap%3-g.PadLeft
			if iy < 0 || iy >= g.H || ix < 0 || ix >= g.W {
				continue
			}
			for c := range g.C {
				at, row := ((n*g.H+iy)*g.W+ix)*g.C+c, (tap*g.C+c)*g.OutC
				for o := range g.OutC {
					xv, wv, yv := float64(x[at]), float64(w[row+o]), float64(dy[pixel*g.OutC+o])
					switch which {
					case 0:
						out[pixel*g.OutC+o] += xv * wv
					case 1:
						out[at] += yv * wv
					default:
						out[row+o] += xv * yv
					}
				}
			}
		}
	}
	return out
}

// relativeError returns the root mean square of the error as a share of that of
// want, and the largest error as a share of the largest of want.
func relativeError(got []float32, want []float64) (rms, worst float64) {
	var errors, squares, most, largest float64
	for i, v := range want {
		e := math.Abs(float64(got[i]) - v)
		errors, squares = errors+e*e, squares+v*v
		most, largest = math.Max(most, e), math.Max(largest, math.Abs(v))
	}
	return math.Sqrt(errors / squares), most / largest
}
