package importer

import (
	"slices"

	"finetune/internal/onnxfile"
)

// dropSoftmax takes Softmax and LogSoftmax out of the tail, so that the
// output holds logits. The output keeps its name, and is the only one.
func (m *Model) dropSoftmax() {
	g := m.file.Graph
	keepOutput(g, m.head.output)
	kept := m.head.tail[:0:0]
	for _, n := range m.head.tail {
		if n.Op != "Softmax" && n.Op != "LogSoftmax" {
			kept = append(kept, n)
			continue
		}
		m.graph.bypass(n)
		g.Nodes = slices.DeleteFunc(g.Nodes, func(other *onnxfile.Node) bool { return other == n })
	}
	m.head.tail = kept
}

// keepOutput leaves one output of the graph.
func keepOutput(g *onnxfile.Graph, name string) {
	g.Outputs = slices.DeleteFunc(g.Outputs, func(v *onnxfile.ValueInfo) bool { return v.Name != name })
}

// bypass gives the name of n's output to its input.
func (v *view) bypass(n *onnxfile.Node) {
	from, to := n.Inputs[0], n.Outputs[0]
	clear(v.shortcut)
	for _, other := range v.file.Graph.Nodes {
		if other == n {
			continue
		}
		if slices.Contains(other.Outputs, from) {
			other.SetOutputs(renamed(other.Outputs, from, to)...)
			v.producer[to] = other
		}
		if slices.Contains(other.Inputs, from) {
			other.SetInputs(renamed(other.Inputs, from, to)...)
		}
	}
	delete(v.producer, from)
	v.file.Graph.ValueInfos = slices.DeleteFunc(v.file.Graph.ValueInfos, func(info *onnxfile.ValueInfo) bool {
		return info.Name == from || info.Name == to
	})
}

func renamed(names []string, from, to string) []string {
	out := slices.Clone(names)
	for i, name := range out {
		if name == from {
			out[i] = to
		}
	}
	return out
}
