package gokernel

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/kernel"
)

// TestGradFinishApart compares gradients of input that are too large for the caches,
// which are computed beside where they will be and stored past the caches, with
// the same ones finished where they are.
func TestGradFinishApart(t *testing.T) {
	eachStreaming(t, func(t *testing.T, isa *isa) {
		inPlace := *isa
		inPlace.gradSumsStream = nil
		apart, want := newBackend(2, isa), newBackend(2, &inPlace)
		defer apart.Close()
		defer want.Close()
		const c, size = 48, 210
		for _, g := range []kernel.Conv{
			{OutC: 16, KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, Groups: 1},
			{OutC: c, KernelH: 3, KernelW: 3, StrideH: 1, StrideW: 1, Groups: c},
			{OutC: c, KernelH: 3, KernelW: 3, StrideH: 2, StrideW: 2, Groups: c},
			{OutC: c, KernelH: 5, KernelW: 5, StrideH: 2, StrideW: 1, Groups: c},
			{OutC: c, KernelH: 1, KernelW: 1, StrideH: 2, StrideW: 3, Groups: c}, // Most pixels get nothing.
			{OutC: c, KernelH: 3, KernelW: 5, StrideH: 3, StrideW: 2, Groups: c},
		} {
			g.N, g.H, g.W, g.C, g.DilationH, g.DilationW = 1, size, size, c, 1, 1
			g.OutH, g.OutW, g.PadTop, g.PadLeft = ceil(size, g.StrideH), ceil(size, g.StrideW), g.KernelH/2, g.KernelW/2
			for _, act := range []kernel.Activation{{Kind: kernel.Identity}, {Kind: kernel.Clip, Alpha: -3, Beta: 6}} {
				for _, norm := range []bool{false, true} {
					name := fmt.Sprintf("%dx%d of %d groups by %d, %v, normalization %t", g.KernelH, g.KernelW, g.Groups, g.StrideH, act.Kind, norm)
					compareFinish(t, name, apart, want, g, act, norm)
				}
			}
		}
	})
}

func ceil(n, d int) int { return (n + d - 1) / d }

func compareFinish(t *testing.T, name string, apart, want *Backend, g kernel.Conv, act kernel.Activation, norm bool) {
	t.Helper()
	n := g.N * g.H * g.W * g.C
	dy, w, y := counted(g.N*g.OutH*g.OutW*g.OutC), counted(g.KernelH*g.KernelW*g.C*g.OutC/g.Groups), counted(n)
	run := func(b *Backend) (dx, sums, sumsXhat []float32) {
		dx, sums, sumsXhat = aligned(n), make([]float32, g.C), make([]float32, g.C)
		f := kernel.GradFinish{Act: act, Sums: sums}
		if act.Kind != kernel.Identity {
			f.Y = y
		}
		if norm {
			f.X, f.Mean, f.InvStd, f.SumsXhat = y, counted(g.C), counted(g.C), sumsXhat
		}
		b.ConvGradInputFinish(dx, dy, w, nil, g, f)
		return dx, sums, sumsXhat
	}
	if !apart.streams(aligned(n)) {
		t.Fatalf("%s: a gradient of %d floats is not stored past the caches", name, n)
	}
	dx, sums, sumsXhat := run(apart)
	wantDx, wantSums, wantSumsXhat := run(want)
	scale := 0.0
	for i, v := range wantDx {
		if dx[i] != v {
			t.Fatalf("%s: dx[%d] = %v, want %v", name, i, dx[i], v)
		}
		scale += math.Abs(float64(v))
	}
	if scale == 0 {
		t.Fatalf("%s: nothing was computed", name)
	}
	// Bands differ, and with them the order of the sums: of what a column adds up to
	// in the mean, and that times the largest |y−mean|·invStd for the other ones.
	bound := 1e-6 * scale / float64(g.C)
	const mostXhat = 23 * 12
	for c := range sums {
		if d := math.Abs(float64(sums[c] - wantSums[c])); !(d <= bound) {
			t.Fatalf("%s: sums[%d] = %v, want %v", name, c, sums[c], wantSums[c])
		}
		if d := math.Abs(float64(sumsXhat[c] - wantSumsXhat[c])); !(d <= mostXhat*bound) {
			t.Fatalf("%s: sumsXhat[%d] = %v, want %v", name, c, sumsXhat[c], wantSumsXhat[c])
		}
	}
}
