package vm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/kernel/gokernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A net is a graph under construction, with random values for its tensors.
type net struct {
	t          *testing.T
	g          *G.ExprGraph
	rng        *rand.Rand
	params     G.Nodes
	statistics G.Nodes
	inputs     G.Nodes
	values     map[*G.Node][]float32
}

func newNet(t *testing.T) *net {
	return &net{t: t, g: G.NewGraph(), rng: rand.New(rand.NewPCG(1, 2)), values: map[*G.Node][]float32{}}
}

// tensor adds an input node with values in [low, high).
func (b *net) tensor(list *G.Nodes, low, high float64, shape ...int) *G.Node {
	n := G.NewTensor(b.g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(fmt.Sprintf("t%d", len(b.values))))
	data := make([]float32, size(shape))
	for i := range data {
		data[i] = float32(low + (high-low)*b.rng.Float64())
	}
	b.values[n] = data
	*list = append(*list, n)
	return n
}

func (b *net) apply(def op.Def, in ...*G.Node) *G.Node {
	b.t.Helper()
	n, err := op.Apply(def, in...)
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *net) conv(x *G.Node, out, k, stride, groups int, bias bool) *G.Node {
	c := x.Shape()[1]
	in := []*G.Node{x, b.tensor(&b.params, -0.5, 0.5, out, c/groups, k, k)}
	if bias {
		in = append(in, b.tensor(&b.params, -0.5, 0.5, out))
	}
	p := k / 2
	return b.apply(&op.Conv{Strides: [2]int{stride, stride}, Dilations: [2]int{1, 1}, Pads: [4]int{p, p, p, p}, Groups: groups}, in...)
}

func (b *net) norm(x *G.Node, training bool) *G.Node {
	c := x.Shape()[1]
	return b.apply(&op.BatchNorm{Epsilon: 1e-3, Training: training, Momentum: 0.1}, x,
		b.tensor(&b.params, 0.5, 1.5, c), b.tensor(&b.params, -0.5, 0.5, c),
		b.tensor(&b.statistics, -0.2, 0.2, c), b.tensor(&b.statistics, 0.5, 1.5, c))
}

func relu6() *op.Activate {
	return &op.Activate{Activation: kernel.Activation{Kind: kernel.Clip, Beta: 6}}
}

// loss ends the net with a pooled classifier and cross-entropy.
func (b *net) loss(x *G.Node, classes int) (logits, loss *G.Node) {
	x = b.apply(&op.GlobalAveragePool{}, x)
	n, c := x.Shape()[0], x.Shape()[1]
	x = b.apply(&op.Reshape{To: []int{n, c}}, x)
	logits = b.apply(&op.Dense{TransposeWeight: true}, x, b.tensor(&b.params, -0.5, 0.5, classes, c), b.tensor(&b.params, -0.1, 0.1, classes))
	labels := b.tensor(&b.inputs, 0, 0, n, classes)
	for r := range n - 1 { // The last row is padding.
		b.values[labels][r*classes+r%classes] = 1
	}
	return logits, b.apply(&op.CrossEntropy{Smoothing: 0.1}, logits, labels)
}

// nets are small networks that between them reach every way through the
// planner.
var nets = map[string]func(b *net) (logits, loss *G.Node){
	"inverted residual": func(b *net) (*G.Node, *G.Node) {
		x := b.tensor(&b.inputs, -1, 1, 3, 3, 9, 9)
		x = b.apply(relu6(), b.norm(b.conv(x, 8, 3, 2, 1, false), false))
		y := b.apply(relu6(), b.norm(b.conv(x, 16, 1, 1, 1, false), false))
		y = b.apply(relu6(), b.norm(b.conv(y, 16, 3, 1, 16, false), false))
		y = b.norm(b.conv(y, 8, 1, 1, 1, true), false)
		x = b.apply(&op.Add{}, x, y)
		return b.loss(x, 5)
	},
	"residual, downsampled": func(b *net) (*G.Node, *G.Node) {
		x := b.tensor(&b.inputs, -1, 1, 2, 3, 12, 12)
		x = b.apply(op.Relu(), b.norm(b.conv(x, 8, 3, 1, 1, false), false))
		x = b.apply(&op.MaxPool{Kernel: [2]int{3, 3}, Strides: [2]int{2, 2}, Dilations: [2]int{1, 1}, Pads: [4]int{1, 1, 1, 1}}, x)
		y := b.apply(op.Relu(), b.norm(b.conv(x, 12, 3, 2, 1, false), false))
		y = b.norm(b.conv(y, 12, 3, 1, 2, false), false)
		side := b.norm(b.conv(x, 12, 1, 2, 1, false), false)
		x = b.apply(op.Relu(), b.apply(&op.Add{}, y, side))
		return b.loss(x, 4)
	},
	"training statistics": func(b *net) (*G.Node, *G.Node) {
		x := b.tensor(&b.inputs, -1, 1, 4, 3, 8, 8)
		x = b.apply(op.Relu(), b.norm(b.conv(x, 8, 3, 2, 1, false), true))
		y := b.norm(b.conv(x, 8, 3, 1, 1, true), true)
		x = b.apply(op.Relu(), b.apply(&op.Add{}, x, y))
		return b.loss(x, 4)
	},
	"fire, with concatenation": func(b *net) (*G.Node, *G.Node) {
		x := b.tensor(&b.inputs, -1, 1, 2, 3, 10, 10)
		x = b.apply(op.Relu(), b.conv(x, 6, 3, 2, 1, true))
		l := b.apply(op.Relu(), b.conv(x, 5, 1, 1, 1, true))
		r := b.apply(op.Relu(), b.conv(x, 7, 3, 1, 1, true))
		x = b.apply(&op.Concat{Axis: 1}, l, r)
		x = b.apply(&op.AveragePool{Kernel: [2]int{2, 2}, Strides: [2]int{2, 2}, Dilations: [2]int{1, 1}}, x)
		return b.loss(x, 4)
	},
	"norm first, squeeze and excite": func(b *net) (*G.Node, *G.Node) {
		x := b.conv(b.tensor(&b.inputs, -1, 1, 2, 3, 8, 8), 8, 3, 1, 1, true)
		y := b.apply(op.Relu(), b.norm(x, false))
		y = b.apply(&op.Activate{Activation: kernel.Activation{Kind: kernel.HardSwish}}, b.conv(y, 8, 3, 1, 8, false))
		y = b.apply(&op.Activate{Activation: kernel.Activation{Kind: kernel.Swish}}, b.norm(b.conv(y, 8, 1, 1, 1, false), false))
		s := b.apply(&op.GlobalAveragePool{}, y)
		s = b.apply(&op.Activate{Activation: kernel.Activation{Kind: kernel.Sigmoid}}, b.conv(s, 8, 1, 1, 1, true))
		y = b.apply(&op.Mul{}, y, s)
		x = b.apply(&op.Add{}, x, y)
		x = b.apply(&op.Activate{Activation: kernel.Activation{Kind: kernel.LeakyRelu, Alpha: 0.1}}, x)
		x = b.apply(&op.Mul{}, x, x)
		x = b.apply(&op.Pad{Pads: []int{0, 0, 1, 0, 0, 0, 0, 1}}, x)
		return b.loss(x, 3)
	},
	"flattened": func(b *net) (*G.Node, *G.Node) {
		x := b.apply(op.Relu(), b.norm(b.conv(b.tensor(&b.inputs, -1, 1, 2, 3, 6, 6), 4, 3, 2, 1, true), false))
		n, f := 2, 4*3*3
		x = b.apply(&op.Reshape{To: []int{n, f}}, x)
		x = b.apply(op.Relu(), b.apply(&op.Dense{}, x, b.tensor(&b.params, -0.5, 0.5, f, 8), b.tensor(&b.params, -0.5, 0.5, 8)))
		x = b.apply(&op.Reshape{To: []int{n, 8, 1, 1}}, x)
		return b.loss(x, 3)
	},
}

// TestMachineAgreesWithTapeMachine runs every net on Gorgonia's TapeMachine,
// through the operators' plain reference, and on a Machine.
func TestMachineAgreesWithTapeMachine(t *testing.T) {
	backend := gokernel.New(2)
	defer backend.Close()
	for name, build := range nets {
		t.Run(name, func(t *testing.T) {
			b := newNet(t)
			logits, loss := build(b)
			grads, err := G.Grad(loss, b.params...)
			if err != nil {
				t.Fatal(err)
			}
			m, store := b.compile(backend, G.Nodes{logits, loss}, grads)
			for range 2 { // The second run finds what the first left in the arena.
				if err := m.RunAll(); err != nil {
					t.Fatal(err)
				}
			}
			want := b.tape(append(G.Nodes{logits, loss}, grads...))
			compare(t, "logits", m.Output(logits), want[logits], 0)
			compare(t, "loss", m.Output(loss), want[loss], 0)
			largest := 0.0
			for _, n := range grads {
				largest = math.Max(largest, magnitude(want[n]))
			}
			for i, n := range grads {
				got := make([]float32, n.Shape().TotalSize())
				store.GetGrad(i, got)
				scale := 0.0
				if magnitude(want[n]) < vanishing*largest {
					scale = largest
				}
				compare(t, fmt.Sprintf("gradient of %s %v", b.params[i].Name(), n.Shape()), got, want[n], scale)
			}
		})
	}
}

// compile makes a Machine with the net's values.
func (b *net) compile(backend kernel.Backend, outputs, grads G.Nodes) (*Machine, *Store) {
	b.t.Helper()
	store, running := NewStore(shapes(b.params)), NewStore(shapes(b.statistics))
	for i, n := range b.params {
		store.Set(i, b.values[n])
	}
	for i, n := range b.statistics {
		running.Set(i, b.values[n])
	}
	m, err := Compile(b.g, Config{Backend: backend, Params: b.params, Store: store, Statistics: b.statistics, Running: running,
		Grads: grads, Outputs: outputs})
	if err != nil {
		b.t.Fatal(err)
	}
	m.MoveStatistics(false)
	for _, n := range b.inputs {
		copy(m.Input(n), b.values[n])
	}
	return m, store
}

func shapes(nodes G.Nodes) [][]int {
	var all [][]int
	for _, n := range nodes {
		all = append(all, n.Shape())
	}
	return all
}

// tape runs the graph on Gorgonia's machine and returns the nodes' values.
func (b *net) tape(nodes G.Nodes) map[*G.Node][]float32 {
	b.t.Helper()
	for n, data := range b.values {
		if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))); err != nil {
			b.t.Fatal(err)
		}
	}
	reads := make([]G.Value, len(nodes))
	for i, n := range nodes {
		G.Read(n, &reads[i])
	}
	vm := G.NewTapeMachine(b.g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		b.t.Fatal(err)
	}
	out := map[*G.Node][]float32{}
	for i, n := range nodes {
		data, err := floats(reads[i])
		if err != nil {
			b.t.Fatal(err)
		}
		out[n] = data
	}
	return out
}

// float32Tolerance is of the largest magnitude: sums of a few hundred terms.
const float32Tolerance = 2e-5

// vanishing is the share of the largest gradient under which one is zero but
// for the rounding of what it sums: that of a bias before BatchNorm by batch
// statistics.
const vanishing = 1e-6

// compare fails where got and want differ by more than float32Tolerance of the
// largest magnitude of want, or of scale if that is larger.
func compare(t *testing.T, what string, got, want []float32, scale float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	largest := math.Max(scale, magnitude(want))
	for i := range want {
		if diff := math.Abs(float64(got[i] - want[i])); !(diff <= float32Tolerance*largest) {
			t.Errorf("%s[%d] = %v, want %v", what, i, got[i], want[i])
			return
		}
	}
}

// magnitude returns the largest absolute value.
func magnitude(values []float32) float64 {
	largest := 0.0
	for _, v := range values {
		largest = math.Max(largest, math.Abs(float64(v)))
	}
	return largest
}

func TestForwardAloneAgreesWithRunAll(t *testing.T) {
	backend := gokernel.New(1)
	defer backend.Close()
	b := newNet(t)
	logits, loss := nets["inverted residual"](b)
	grads, err := G.Grad(loss, b.params...)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := b.compile(backend, G.Nodes{logits}, grads)
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	want := append([]float32{}, m.Output(logits)...)
	alone, _ := b.compile(backend, G.Nodes{logits}, nil)
	if err := alone.Forward(); err != nil {
		t.Fatal(err)
	}
	compare(t, "logits", alone.Output(logits), want, 0)
	if alone.Bytes() >= m.Bytes() {
		t.Errorf("forward alone takes %d bytes, want fewer than %d with gradients", alone.Bytes(), m.Bytes())
	}
}

func TestChainsAreFused(t *testing.T) {
	backend := gokernel.New(1)
	defer backend.Close()
	b := newNet(t)
	logits, loss := nets["residual, downsampled"](b)
	grads, err := G.Grad(loss, b.params...)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := b.compile(backend, G.Nodes{logits}, grads)
	var names []string
	for _, s := range m.steps {
		names = append(names, s.name)
	}
	for kernel, want := range map[string]int{"Conv": 0, "Conv+BatchNorm": 1, "Conv+BatchNorm+Relu": 2, "Conv+BatchNorm+Add+Relu": 1,
		"BatchNorm": 0, "Add": 0, "Relu": 0, "sum": 1, "reorder logical to nhwc": 1} {
		got := 0
		for _, name := range names {
			if name == kernel {
				got++
			}
		}
		if got != want {
			t.Errorf("plan has %d steps %q, want %d:\n%v", got, kernel, want, m)
		}
	}
}

func TestRunDoesNotAllocate(t *testing.T) {
	backend := gokernel.New(2)
	defer backend.Close()
	b := newNet(t)
	logits, loss := nets["inverted residual"](b)
	grads, err := G.Grad(loss, b.params...)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := b.compile(backend, G.Nodes{logits, loss}, grads)
	if n := testing.AllocsPerRun(5, func() { m.RunAll() }); n != 0 {
		t.Errorf("a run allocates %v times, want 0", n)
	}
}

func TestStatisticsMove(t *testing.T) {
	backend := gokernel.New(1)
	defer backend.Close()
	b := newNet(t)
	x := b.tensor(&b.inputs, -1, 1, 2, 1, 1, 2)
	copy(b.values[x], []float32{1, 2, 3, 6})
	y := b.norm(x, true)
	running := NewStore(shapes(b.statistics))
	running.Set(0, []float32{1})
	running.Set(1, []float32{2})
	m, err := Compile(b.g, Config{Backend: backend, Params: b.params, Store: NewStore(shapes(b.params)),
		Statistics: b.statistics, Running: running, Outputs: G.Nodes{y}})
	if err != nil {
		t.Fatal(err)
	}
	copy(m.Input(x), b.values[x])
	m.Forward()
	// Batch mean 3, unbiased variance (4+1+0+9)/3.
	wantMean, wantVariance := 1+0.1*(3-1), 2+0.1*(14.0/3-2)
	if got := running.Value(0)[0]; math.Abs(float64(got)-wantMean) > 1e-6 {
		t.Errorf("running mean = %v, want %v", got, wantMean)
	}
	if got := running.Value(1)[0]; math.Abs(float64(got)-wantVariance) > 1e-6 {
		t.Errorf("running variance = %v, want %v", got, wantVariance)
	}
	m.MoveStatistics(false)
	m.Forward()
	if got := running.Value(0)[0]; math.Abs(float64(got)-wantMean) > 1e-6 {
		t.Errorf("running mean moved to %v while it must not", got)
	}
}
