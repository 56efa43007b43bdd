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
	dropped := map[*onnxfile.Node]bool{}
	renamed := map[string]string{} // The input of a dropped node is called like its output.
	for _, n := range m.head.tail {
		if n.Op != "Softmax" && n.Op != "LogSoftmax" {
			kept = append(kept, n)
			continue
		}
		dropped[n] = true
		to := n.Outputs[0]
		if further, ok := renamed[to]; ok {
			to = further
		}
		renamed[n.Inputs[0]] = to
	}
	m.head.tail = kept
	if len(dropped) == 0 {
		return
	}
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n *onnxfile.Node) bool { return dropped[n] })
	m.graph.rename(renamed)
}

// keepOutput leaves one output of the graph.
func keepOutput(g *onnxfile.Graph, name string) {
	g.Outputs = slices.DeleteFunc(g.Outputs, func(v *onnxfile.ValueInfo) bool { return v.Name != name })
}

// rename gives tensors that nodes compute other names, which nothing computes
// any more.
func (v *view) rename(to map[string]string) {
	clear(v.shortcut)
	for _, n := range v.file.Graph.Nodes {
		if outputs, changed := substituted(n.Outputs, to); changed {
			n.SetOutputs(outputs...)
			for _, name := range outputs {
				v.producer[name] = n
			}
		}
		if inputs, changed := substituted(n.Inputs, to); changed {
			n.SetInputs(inputs...)
		}
	}
	stale := map[string]bool{} // What value_info says of these holds no more.
	for from, name := range to {
		delete(v.producer, from)
		stale[from], stale[name] = true, true
	}
	v.file.Graph.ValueInfos = slices.DeleteFunc(v.file.Graph.ValueInfos, func(info *onnxfile.ValueInfo) bool { return stale[info.Name] })
}

// substituted returns names with those replaced that to has, and whether it has any.
func substituted(names []string, to map[string]string) (out []string, changed bool) {
	for i, name := range names {
		if other, ok := to[name]; ok {
			if !changed {
				out, changed = slices.Clone(names), true
			}
			out[i] = other
		}
	}
	return out, changed
}

// renamed returns names with one replaced.
func renamed(names []string, from, to string) []string {
	out, changed := substituted(names, map[string]string{from: to})
	if !changed {
		return slices.Clone(names)
	}
	return out
}
