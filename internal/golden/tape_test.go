package golden

import (
	"math"
	"testing"

	"finetune/importer"
	"finetune/internal/vm"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestTapeMachineAgrees runs imported networks, with their gradients, on
// Gorgonia's TapeMachine through the operators' plain reference, and on ours.
func TestTapeMachineAgrees(t *testing.T) {
	const tolerance = 1e-4 // Of a tensor's norm.
	for _, name := range []string{"efficientnet_lite0", "mobilenet_v2", "squeezenet1_1"} {
		t.Run(name, func(t *testing.T) {
			m, want := load(t, name)
			o := importer.BuildOptions{Batch: want.Frozen.Batch, Height: want.Size, Width: want.Size, Mode: importer.TrainFrozen, Loss: true}
			graph, err := m.Build(o)
			if err != nil {
				t.Fatal(err)
			}
			grads, err := G.Grad(graph.Loss, graph.Params...)
			if err != nil {
				t.Fatal(err)
			}
			images := fill(want.Frozen.Images, graph.Images.Shape().TotalSize(), 0, 2)
			labels := make([]float32, want.Frozen.Batch*want.Classes)
			for row := range want.Frozen.Batch {
				labels[row*want.Classes+1] = 1
			}

			store, running := store(m.Params), store(m.Statistics)
			machine, err := vm.Compile(graph.G, vm.Config{Backend: backend(t), Params: graph.Params, Store: store,
				Statistics: graph.Statistics, Running: running, Grads: grads, Outputs: G.Nodes{graph.Logits}})
			if err != nil {
				t.Fatal(err)
			}
			copy(machine.Input(graph.Images), images)
			copy(machine.Input(graph.Labels), labels)
			machine.RunAll()

			bind(t, graph.Images, images)
			bind(t, graph.Labels, labels)
			for i, n := range graph.Params {
				bind(t, n, m.Params[i].Value)
			}
			for i, n := range graph.Statistics {
				bind(t, n, m.Statistics[i].Value)
			}
			values := tape(t, graph.G, append(G.Nodes{graph.Logits}, grads...))
			worst := apart(machine.Output(graph.Logits), values[0])
			for i := range grads {
				got := make([]float32, len(m.Params[i].Value))
				store.GetGrad(i, got)
				worst = math.Max(worst, apart(got, values[i+1]))
			}
			t.Logf("logits and %d gradients differ by at most %.2g of their norm", len(grads), worst)
			if !(worst <= tolerance) {
				t.Errorf("machines differ by %v of a tensor's norm, want at most %v", worst, tolerance)
			}
		})
	}
}

func bind[T float32 | float64](t *testing.T, n *G.Node, data []T) {
	t.Helper()
	if err := G.Let(n, tensor.New(tensor.WithShape(n.Shape()...), tensor.WithBacking(data))); err != nil {
		t.Fatal(err)
	}
}

// tape runs a graph on Gorgonia's machine and returns the values of nodes.
func tape(t *testing.T, g *G.ExprGraph, nodes G.Nodes) [][]float32 {
	t.Helper()
	reads := make([]G.Value, len(nodes))
	for i, n := range nodes {
		G.Read(n, &reads[i])
	}
	machine := G.NewTapeMachine(g)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	values := make([][]float32, len(nodes))
	for i, v := range reads {
		values[i] = v.Data().([]float32)
	}
	return values
}

// apart returns ‖got − want‖/‖want‖.
func apart(got, want []float32) float64 {
	var diff, norm float64
	for i, v := range want {
		d := float64(got[i]) - float64(v)
		diff += d * d
		norm += float64(v) * float64(v)
	}
	return math.Sqrt(diff / norm)
}
