package op_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"finetune/internal/kernel"
	"finetune/internal/op"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A net is a small residual network in an expression graph, with its loss.
type net struct {
	graph  *gorgonia.ExprGraph
	inputs []*gorgonia.Node // In the order they were made.
	params []*gorgonia.Node
	logits *gorgonia.Node
	loss   *gorgonia.Node
}

// builder applies operators until one fails.
type builder struct {
	t  *testing.T
	dt tensor.Dtype
	net
}

func (b *builder) apply(def op.Def, in ...*gorgonia.Node) *gorgonia.Node {
	b.t.Helper()
	y, err := op.Apply(def, in...)
	if err != nil {
		b.t.Fatal(err)
	}
	return y
}

func (b *builder) input(name string, shape ...int) *gorgonia.Node {
	n := gorgonia.NewTensor(b.graph, b.dt, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name))
	b.inputs = append(b.inputs, n)
	return n
}

func (b *builder) param(name string, shape ...int) *gorgonia.Node {
	n := b.input(name, shape...)
	b.params = append(b.params, n)
	return n
}

func (b *builder) batchNorm(x *gorgonia.Node, name string, training bool) *gorgonia.Node {
	c := x.Shape()[1]
	gamma, beta := b.param(name+".gamma", c), b.param(name+".beta", c)
	mean, variance := b.input(name+".mean", c), b.input(name+".variance", c)
	return b.apply(&op.BatchNorm{Epsilon: 1e-3, Training: training}, x, gamma, beta, mean, variance)
}

// newNet builds: convolution, BatchNorm, relu6; a depthwise convolution with a
// residual connection, so that two gradients meet; global pooling, dropout, a
// dense layer and cross-entropy.
func newNet(t *testing.T, dt tensor.Dtype, training bool) net {
	b := &builder{t: t, dt: dt, net: net{graph: gorgonia.NewGraph()}}
	relu6 := activate(kernel.Clip, 0, 6)
	same := [4]int{1, 1, 1, 1}

	x := b.input("x", 2, 3, 5, 5)
	x = b.apply(&op.Conv{Strides: two, Dilations: unit, Pads: same, Groups: 1}, x, b.param("w1", 4, 3, 3, 3), b.param("b1", 4))
	x = b.apply(relu6, b.batchNorm(x, "bn1", training))
	branch := b.apply(&op.Conv{Strides: unit, Dilations: unit, Pads: same, Groups: 4}, x, b.param("w2", 4, 1, 3, 3))
	branch = b.batchNorm(branch, "bn2", training)
	x = b.apply(&op.Add{}, x, branch)
	x = b.apply(&op.Reshape{To: []int{2, 4}}, b.apply(&op.GlobalAveragePool{}, x))
	x = b.apply(&op.Dropout{Ratio: 0.5}, x, b.input("mask", 2, 4))
	b.logits = b.apply(&op.Dense{TransposeWeight: true}, x, b.param("w3", 3, 4), b.param("b3", 3))
	b.loss = b.apply(&op.CrossEntropy{Smoothing: 0.1}, b.logits, b.input("labels", 2, 3))
	return b.net
}

// fill draws the inputs of n, the same for every element type.
func fill(n net) map[string][]float64 {
	rng := rand.New(rand.NewPCG(3, 4))
	data := map[string][]float64{}
	for _, in := range n.inputs {
		a := zeros(in.Shape())
		for i := range a.Data {
			a.Data[i] = rng.NormFloat64()
		}
		data[in.Name()] = a.Data
	}
	for _, name := range []string{"bn1.variance", "bn2.variance"} {
		for i := range data[name] {
			data[name][i] = 0.5 + math.Abs(data[name][i])
		}
	}
	copy(data["mask"], []float64{2, 0, 2, 2, 0, 2, 2, 2})
	copy(data["labels"], []float64{0, 1, 0, 1, 0, 0})
	return data
}

func let(t *testing.T, n *gorgonia.Node, data []float64) {
	t.Helper()
	var backing any = append([]float64{}, data...)
	if n.Dtype() == tensor.Float32 {
		narrow := make([]float32, len(data))
		for i, v := range data {
			narrow[i] = float32(v)
		}
		backing = narrow
	}
	if err := gorgonia.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(backing))); err != nil {
		t.Fatal(err)
	}
}

func values(t *testing.T, v gorgonia.Value) []float64 {
	t.Helper()
	switch d := v.Data().(type) {
	case []float64:
		return d
	case float64:
		return []float64{d}
	case float32:
		return []float64{float64(d)}
	case []float32:
		wide := make([]float64, len(d))
		for i, x := range d {
			wide[i] = float64(x)
		}
		return wide
	}
	t.Fatalf("value of type %T", v.Data())
	return nil
}

// TestGraph differentiates a network with gorgonia.Grad and runs it on
// Gorgonia's TapeMachine; the gradients are compared with central differences
// of the loss of a float64 graph.
func TestGraph(t *testing.T) {
	for _, c := range []struct {
		name      string
		dt        tensor.Dtype
		training  bool
		tolerance float64
	}{
		{"float64 frozen", tensor.Float64, false, 1e-6},
		{"float64 training", tensor.Float64, true, 1e-6},
		{"float32 frozen", tensor.Float32, false, 1e-4},
		{"float32 training", tensor.Float32, true, 1e-4},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNet(t, c.dt, c.training)
			grads, err := gorgonia.Grad(n.loss, n.params...)
			if err != nil {
				t.Fatal(err)
			}
			data := fill(n)
			gradients := make([]gorgonia.Value, len(grads))
			for i, g := range grads {
				gorgonia.Read(g, &gradients[i])
			}
			run(t, n, data)

			for i, p := range n.params {
				if got, want := gradients[i].Shape(), p.Shape(); !got.Eq(want) {
					t.Errorf("gradient of %s has shape %v, want %v", p.Name(), got, want)
				}
				oracle := newNet(t, tensor.Float64, c.training)
				for j, got := range values(t, gradients[i]) {
					x := &data[p.Name()][j]
					want := centralDifference(x, func() float64 { return evaluate(oracle, data) })
					if !(math.Abs(got-want) <= c.tolerance*(1+math.Abs(want))) {
						t.Errorf("gradient of %s[%d] = %v, want %v", p.Name(), j, got, want)
					}
				}
			}
		})
	}
}

// run gives n its inputs and runs it, gradients and all.
func run(t *testing.T, n net, data map[string][]float64) {
	t.Helper()
	for _, in := range n.inputs {
		let(t, in, data[in.Name()])
	}
	vm := gorgonia.NewTapeMachine(n.graph)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
}

// evaluate returns the loss of n by the operators alone, without Gorgonia's
// machines.
func evaluate(n net, data map[string][]float64) float64 {
	var value func(*gorgonia.Node) op.Array
	value = func(node *gorgonia.Node) op.Array {
		a := zeros(node.Shape())
		o, ok := node.Op().(*op.Op)
		if !ok {
			copy(a.Data, data[node.Name()])
			return a
		}
		var in []op.Array
		for it := n.graph.From(node.ID()); it.Next(); {
			in = append(in, value(it.Node().(*gorgonia.Node)))
		}
		o.Forward(a, in)
		return a
	}
	return value(n.loss).Data[0]
}
