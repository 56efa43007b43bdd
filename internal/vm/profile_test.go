package vm

import (
	"slices"
	"testing"
	"time"

	"finetune/internal/kernel/gokernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// profiled is a net whose products can be counted by hand: two images of
// 3×8×8; a 3×3 convolution to 4 channels, one depthwise by stride 2 to 4×4, a
// 1×1 to 6 channels, and 6 features to 5 classes.
func profiled(b *net) (logits, loss *G.Node) {
	x := b.apply(op.Relu(), b.conv(b.tensor(&b.inputs, -1, 1, 2, 3, 8, 8), 4, 3, 1, 1, true))
	x = b.apply(op.Relu(), b.conv(x, 4, 3, 2, 4, true))
	return b.loss(b.conv(x, 6, 1, 1, 1, false), 5)
}

// FLOPs of one product of each layer of profiled.
const (
	denseFLOPs     = 2 * 2 * 8 * 8 * 4 * (3 * 3 * 3)
	depthwiseFLOPs = 2 * 2 * 4 * 4 * 4 * (3 * 3)
	pointwiseFLOPs = 2 * 2 * 4 * 4 * 6 * 4
	matrixFLOPs    = 2 * 2 * 6 * 5
)

// compileProfiled trains the parameters from the first-th on.
func compileProfiled(t *testing.T, first int) (*Machine, *Store, G.Nodes) {
	backend := gokernel.New(2)
	t.Cleanup(backend.Close)
	b := newNet(t)
	logits, loss := profiled(b)
	grads, err := G.Grad(loss, b.params[first:]...)
	if err != nil {
		t.Fatal(err)
	}
	outputs := G.Nodes{logits, loss}
	m, store := b.compile(backend, outputs, append(make(G.Nodes, first), grads...))
	return m, store, outputs
}

func TestFLOPs(t *testing.T) {
	const forward = denseFLOPs + depthwiseFLOPs + pointwiseFLOPs + matrixFLOPs
	for _, test := range []struct {
		name      string
		first     int // Parameter that is trained.
		gradients float64
	}{
		{"all", 0, denseFLOPs + 2*(depthwiseFLOPs+pointwiseFLOPs+matrixFLOPs)}, // None of the images.
		{"the last convolution and the head", 4, pointwiseFLOPs + 2*matrixFLOPs},
		{"head", 5, matrixFLOPs},
	} {
		m, _, _ := compileProfiled(t, test.first)
		if f, g := m.FLOPs(); f != forward || g != test.gradients {
			t.Errorf("%s: %v operations forward and %v for gradients, want %v and %v", test.name, f, g, float64(forward), test.gradients)
		}
	}
}

func TestStepsOfEveryKind(t *testing.T) {
	m, _, _ := compileProfiled(t, 0)
	flops := map[string]float64{}
	for _, s := range m.Steps() {
		flops[s.Kind] += s.FLOPs
		if s.Bytes <= 0 || s.Shape == "" && s.Kernel != "SoftmaxCrossEntropy" {
			t.Errorf("%s: %v bytes, shape %q", s.Kernel, s.Bytes, s.Shape)
		}
	}
	for kind, want := range map[string]float64{
		"dense conv": denseFLOPs, "dense conv, gradient of weights": denseFLOPs, "dense conv, gradient of input": 0,
		"depthwise": depthwiseFLOPs, "depthwise, both gradients": 2 * depthwiseFLOPs,
		"1x1 conv": pointwiseFLOPs, "1x1 conv, gradient of weights": pointwiseFLOPs, "1x1 conv, gradient of input": pointwiseFLOPs,
		"matrix product": matrixFLOPs, "matrix product, gradient of weights": matrixFLOPs, "matrix product, gradient of input": matrixFLOPs,
		"pooling": 0, "elementwise": 0,
	} {
		if got := flops[kind]; got != want {
			t.Errorf("%s: %v operations, want %v", kind, got, want)
		}
	}
}

// The bytes of a step are those of x, w, bias and y.
func TestStepBytes(t *testing.T) {
	m, _, _ := compileProfiled(t, 0)
	i := slices.IndexFunc(m.Steps(), func(s Step) bool { return s.Kind == "dense conv" })
	const want = 4 * (2*8*8*3 + 3*3*3*4 + 4 + 2*8*8*4)
	if got := m.Steps()[i]; got.Bytes != want || got.Shape != "2×3→4, 8×8, 3×3" || got.Gradient || got.Layer != "t1" {
		t.Errorf("first convolution: %+v, want %d bytes", got, want)
	}
}

// A timed run computes what a run computes.
func TestRunTimed(t *testing.T) {
	m, store, outputs := compileProfiled(t, 0)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	loss, grads := m.Output(outputs[1])[0], slices.Clone(store.grads)
	clear(store.grads)
	m.Output(outputs[1])[0] = 0

	durations := make([]time.Duration, len(m.Steps()))
	start := time.Now()
	if err := m.RunTimed(durations); err != nil {
		t.Fatal(err)
	}
	elapsed := time.Since(start)
	if got := m.Output(outputs[1])[0]; got != loss || !slices.Equal(store.grads, grads) {
		t.Errorf("loss %v and other gradients, want loss %v", got, loss)
	}
	total := time.Duration(0)
	for i, d := range durations {
		if d < 0 {
			t.Errorf("step %d took %v", i, d)
		}
		total += d
	}
	if total <= 0 || total > elapsed {
		t.Errorf("all steps together took %v, want more than 0 and at most %v", total, elapsed)
	}
}
