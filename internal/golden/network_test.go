package golden

import (
	"context"
	"fmt"
	"math"
	"testing"

	"finetune/importer"
	"finetune/internal/kernel/gokernel"
	"finetune/internal/vm"
	"finetune/weights"

	G "gorgonia.org/gorgonia"
)

// A reference is what onnxruntime and PyTorch say of a network.
type reference struct {
	Name         string
	Size         int // Height and width of the images.
	ForwardBatch int `json:"forward_batch"`
	Classes      int
	Fill         map[string]struct{ Offset, Scale float64 }
	Logits       packed // [20, ForwardBatch, Classes].
	Frozen       *gradients
	Train        *gradients
}

type gradients struct {
	Images string // Name that fills the images.
	Batch  int
	Loss   float64
	Params map[string]struct {
		Norm   float64
		At     []int // Elements that Values has; nil means all.
		Values packed
	}
}

var networks = []string{"efficientnet_lite0", "resnet18", "mobilenet_v2", "squeezenet1_1", "vgg11_bn"}

func load(t testing.TB, name string) (*importer.Model, *reference) {
	t.Helper()
	var want reference
	readJSON(t, "testdata/"+name+".json.gz", &want)
	var file []byte
	if len(want.Fill) == 0 {
		file = lite0(t)
	} else {
		file = unzip(t, "testdata/"+name+".onnx.gz")
	}
	m, err := importer.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	filled := 0
	for _, list := range [][]importer.Tensor{m.Params, m.Statistics} {
		for _, p := range list {
			if rule, ok := want.Fill[p.Name]; ok {
				copy(p.Value, fill(p.Name, len(p.Value), rule.Offset, rule.Scale))
				filled++
			}
		}
	}
	if filled != len(want.Fill) {
		t.Fatalf("%s: the model has %d of the %d tensors to fill", name, filled, len(want.Fill))
	}
	return m, &want
}

// lite0 returns the embedded backbone.
func lite0(t testing.TB) []byte {
	t.Helper()
	file, _, err := weights.Open(context.Background(), "efficientnet_lite0.google", weights.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// A run is a model, planned.
type run struct {
	graph           *importer.Graph
	params, running *vm.Store
	machine         *vm.Machine
	backend         *gokernel.Backend
}

func compile(t testing.TB, m *importer.Model, o importer.BuildOptions) *run {
	t.Helper()
	graph, err := m.Build(o)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{graph: graph, params: store(m.Params), running: store(m.Statistics)}
	r.backend = backend(t)
	c := vm.Config{Backend: r.backend, Params: graph.Params, Store: r.params, Statistics: graph.Statistics, Running: r.running,
		Outputs: G.Nodes{graph.Logits}}
	if o.Loss {
		if c.Grads, err = G.Grad(graph.Loss, graph.Params...); err != nil {
			t.Fatal(err)
		}
		c.Outputs = append(c.Outputs, graph.Loss)
	}
	if r.machine, err = vm.Compile(graph.G, c); err != nil {
		t.Fatal(err)
	}
	return r
}

func backend(t testing.TB) *gokernel.Backend {
	b := gokernel.New(2)
	t.Cleanup(b.Close)
	return b
}

func store(tensors []importer.Tensor) *vm.Store {
	var shapes [][]int
	for _, p := range tensors {
		shapes = append(shapes, p.Shape)
	}
	s := vm.NewStore(shapes)
	for i, p := range tensors {
		s.Set(i, p.Value)
	}
	return s
}

// TestLogitsAgreeWithOnnxruntime: the largest difference is at most 1e-4 of
// the largest logit, over 20 batches.
func TestLogitsAgreeWithOnnxruntime(t *testing.T) {
	const tolerance = 1e-4
	for _, name := range networks {
		t.Run(name, func(t *testing.T) {
			m, want := load(t, name)
			r := compile(t, m, importer.BuildOptions{Batch: want.ForwardBatch, Height: want.Size, Width: want.Size})
			images := r.machine.Input(r.graph.Images)
			logits := want.Logits.floats(t)
			perBatch := want.ForwardBatch * want.Classes
			worst, largest := 0.0, 0.0
			for k := range len(logits) / perBatch {
				copy(images, fill(fmt.Sprintf("%s/forward/%d", name, k), len(images), 0, 2))
				r.machine.Forward()
				got := r.machine.Output(r.graph.Logits)
				for i, v := range logits[k*perBatch : (k+1)*perBatch] {
					largest = math.Max(largest, math.Abs(float64(v)))
					worst = max(worst, math.Abs(float64(got[i]-v)))
				}
			}
			t.Logf("largest difference %.2g, largest logit %.3g, ratio %.2g", worst, largest, worst/largest)
			if !(worst <= tolerance*largest) {
				t.Errorf("logits differ by up to %v, want %v of the largest, %v", worst, tolerance, largest)
			}
		})
	}
}

// TestGradientsAgreeWithPyTorch: of every parameter, ‖Δ‖ is at most 1e-3 of
// ‖g‖, with g PyTorch's gradient in float64.
func TestGradientsAgreeWithPyTorch(t *testing.T) {
	for _, name := range networks {
		t.Run(name, func(t *testing.T) {
			m, want := load(t, name)
			checkGradients(t, m, want, want.Frozen, importer.TrainFrozen)
			if want.Train != nil {
				checkGradients(t, m, want, want.Train, importer.TrainBatch)
			}
		})
	}
}

func checkGradients(t *testing.T, m *importer.Model, want *reference, g *gradients, mode importer.Mode) {
	t.Helper()
	const tolerance = 1e-3
	r := compile(t, m, importer.BuildOptions{Batch: g.Batch, Height: want.Size, Width: want.Size, Mode: mode, Loss: true})
	images := r.machine.Input(r.graph.Images)
	copy(images, fill(g.Images, len(images), 0, 2))
	labels := r.machine.Input(r.graph.Labels)
	for row := range g.Batch {
		labels[row*want.Classes+row*3%want.Classes] = 1
	}
	r.machine.RunAll()
	if loss := float64(r.machine.Output(r.graph.Loss)[0]); !(math.Abs(loss-g.Loss) <= 1e-4*math.Abs(g.Loss)) {
		t.Errorf("mode %v: loss is %v, want %v", mode, loss, g.Loss)
	}
	worst, worstName := 0.0, ""
	for i, p := range m.Params {
		ref, ok := g.Params[p.Name]
		if !ok {
			t.Errorf("PyTorch has no parameter %q", p.Name)
			continue
		}
		got := make([]float32, len(p.Value))
		r.params.GetGrad(i, got)
		ratio := relativeError(got, ref.At, ref.Values.floats(t), ref.Norm)
		if !(ratio <= tolerance) && ref.Norm > vanishing*g.largest() {
			t.Errorf("mode %v: gradient of %s %v: ‖Δ‖/‖g‖ = %.2g, want at most %v (‖g‖ = %.3g)", mode, p.Name, p.Shape, ratio, tolerance, ref.Norm)
		}
		if ratio > worst && ref.Norm > vanishing*g.largest() {
			worst, worstName = ratio, p.Name
		}
	}
	t.Logf("mode %v: largest ‖Δ‖/‖g‖ = %.2g, of %s, over %d tensors", mode, worst, worstName, len(m.Params))
}

// vanishing is the share of the largest norm under which a gradient is zero
// but for rounding: that of a bias before BatchNorm by batch statistics.
const vanishing = 1e-9

func (g *gradients) largest() float64 {
	norm := 0.0
	for _, p := range g.Params {
		norm = max(norm, p.Norm)
	}
	return norm
}

// relativeError returns the larger of two ratios: the error of the sampled
// elements against their norm, and of the whole norm against the true one.
func relativeError(got []float32, at []int, want []float32, norm float64) float64 {
	var diff, sampled, whole float64
	for _, v := range got {
		whole += float64(v) * float64(v)
	}
	for k, v := range want {
		i := k
		if at != nil {
			i = at[k]
		}
		d := float64(got[i]) - float64(v)
		diff += d * d
		sampled += float64(v) * float64(v)
	}
	return math.Max(math.Sqrt(diff/sampled), math.Abs(math.Sqrt(whole)-norm)/norm)
}
