package gokernel

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/kernel"
)

// winogradLayers are the convolutions of ResNet-18, ResNet-50 and VGG that
// Winograd's way may do: pixels a side, channels in and out.
var winogradLayers = []struct {
	name         string
	size, c, out int
}{
	{"vgg/conv1_2", 224, 64, 64},
	{"vgg/conv2_2", 112, 128, 128},
	{"vgg/conv3_2", 56, 256, 256},
	{"vgg/conv4_2", 28, 512, 512},
	{"vgg/conv5_2", 14, 512, 512},
	{"resnet/conv2", 56, 64, 64},
	{"resnet/conv3", 28, 128, 128},
	{"resnet/conv4", 14, 256, 256},
	{"resnet/conv5", 7, 512, 512},
	{"small/16", 56, 16, 16},
	{"small/32", 28, 32, 32},
	{"small/32at7", 7, 32, 32},
}

// BenchmarkWinogradShare measures Winograd's way and the direct one on one
// thread, batch 16, in turn: processor time of the best of several runs, as
// GFLOP/s of the direct way's operations, and the ratio of the two.
func BenchmarkWinogradShare(b *testing.B) {
	backend := New(1)
	defer backend.Close()
	for _, l := range winogradLayers {
		g := kernel.Conv{
			N: 16, H: l.size, W: l.size, C: l.c, OutH: l.size, OutW: l.size, OutC: l.out,
			KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, PadTop: 1, PadLeft: 1, Groups: 1,
		}
		x, y, w := make([]float32, g.N*g.H*g.W*g.C), make([]float32, g.N*g.H*g.W*g.OutC), make([]float32, 9*g.C*g.OutC)
		for _, s := range [][]float32{x, y, w} {
			for i := range s {
				s[i] = float32(i%17)/17 - 0.5
			}
		}
		act := kernel.Activation{Kind: kernel.Clip, Beta: float32(math.Inf(1))}
		flops := 2 * 9 * float64(len(y)) * float64(g.C)
		for _, k := range []struct {
			name             string
			direct, winograd func()
		}{
			{"forward", func() { backend.denseForward(y, x, w, nil, nil, g, act) },
				func() { backend.winogradForward(y, x, w, nil, nil, g, act) }},
			{"gradInput", func() { backend.denseGradInput(x, y, w, g) },
				func() { backend.winogradGradInput(x, y, w, g) }},
			{"gradWeights", func() { backend.convGradWeights(w, x, y, g) },
				func() { backend.winogradGradWeights(w, x, y, g) }},
		} {
			b.Run(fmt.Sprintf("%s/%s", l.name, k.name), func(b *testing.B) {
				percent, best := share(b, flops, k.direct, flops, k.winograd)
				b.ReportMetric(percent/100, "direct/winograd")
				b.ReportMetric(best, "GFLOP/s/core")
			})
		}
	}
}
