//go:build linux && amd64 && !static

package onednn

import (
	"slices"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/kerneltest"
)

// open opens the library with all that it can do, or skips the test.
func open(t testing.TB, threads int) *Backend {
	t.Helper()
	if _, err := Find(); err != nil {
		t.Skip("oneDNN: ", err)
	}
	b, err := newBackend(threads, Everything)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestBackend(t *testing.T) {
	b := open(t, 2)
	kerneltest.Run(t, b)
	done := 0
	for _, p := range b.primitives {
		if p != nil {
			done++
		}
	}
	t.Logf("oneDNN did %d of %d operations; refused: %v", done, len(b.primitives), b.Refused())
	if done < len(b.primitives)*9/10 {
		t.Errorf("oneDNN did %d of %d operations, want nine in ten", done, len(b.primitives))
	}
}

func TestAllocs(t *testing.T) { kerneltest.RunAllocs(t, open(t, 2)) }

// TestThreads tests what the library does not promise: that what sameWidth
// gives to it has the same bytes at any number of threads.
func TestThreads(t *testing.T) {
	backends := []*Backend{open(t, 1), open(t, 2), open(t, 3)}
	if backends[0].lib.isaName() != AVX2 {
		t.Skip("sameWidth is for AVX2")
	}
	for _, l := range slices.Concat(lite0(1).layers, resnet(50, 1).layers) {
		if !sameWidth(Forward, l.g) && !sameWidth(GradInput, l.g) {
			continue
		}
		var wantY, wantDx []float32
		for _, b := range backends {
			y, dx := forwardAndBack(b, l.g)
			if wantY == nil {
				wantY, wantDx = y, dx
			}
			if !slices.Equal(y, wantY) {
				t.Errorf("%s: forward differs at %d threads", l.name, b.Threads())
			}
			if !slices.Equal(dx, wantDx) {
				t.Errorf("%s: gradient of input differs at %d threads", l.name, b.Threads())
			}
		}
	}
}

// forwardAndBack returns the output of a convolution of some input, and the
// gradient of its input where that of the output is the input.
func forwardAndBack(b kernel.Backend, g kernel.Conv) (y, dx []float32) {
	x, w := make([]float32, g.N*g.H*g.W*g.C), make([]float32, g.KernelH*g.KernelW*g.C*g.OutC)
	y, dx = make([]float32, g.N*g.OutH*g.OutW*g.OutC), make([]float32, len(x))
	fill(x, 1)
	fill(w, 2)
	b.Conv(y, x, w, nil, nil, nil, g, kernel.Activation{})
	b.ConvGradInput(dx, y, w, nil, g)
	return y, dx
}

// TestRefused has the library refuse a convolution, and gokernel do it.
func TestRefused(t *testing.T) {
	b := open(t, 1)
	g := kernel.Conv{ // The output leaves two rows and columns out.
		N: 1, H: 9, W: 9, C: 4, OutH: 7, OutW: 7, OutC: 4, KernelH: 1, KernelW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1,
	}
	x, w, y := make([]float32, 9*9*4), make([]float32, 4*4), make([]float32, 7*7*4)
	for i := range w {
		w[i] = 1
	}
	x[0] = 2
	b.Conv(y, x, w, nil, nil, nil, g, kernel.Activation{})
	if y[0] != 2 || y[3] != 2 || y[4] != 0 {
		t.Errorf("y starts with %v, want 2 2 2 2 0", y[:5])
	}
	if len(b.Refused()) != 1 {
		t.Errorf("refused: %v, want one reason", b.Refused())
	}
}
