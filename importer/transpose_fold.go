package importer

import (
	"fmt"
	"slices"

	"finetune/internal/onnxfile"
)

// foldTransposes makes constants of the nodes that transpose a constant matrix
// which nothing else reads, as exporters that fold no constants write a linear
// layer. The weight is then an initializer with the name of the node's output.
func (v *view) foldTransposes() error {
	uses := v.useCounts()
	g := v.file.Graph
	folded := map[*onnxfile.Node]bool{}
	gone := map[string]bool{}
	for _, n := range g.Nodes {
		if n.Op != "Transpose" || !onnxfile.IsONNX(n.Domain) || len(n.Inputs) != 1 || len(n.Outputs) != 1 {
			continue
		}
		from := n.Inputs[0]
		t := v.constants[from]
		if t == nil || v.constant[from] != nil || !t.Type.IsFloat() || len(t.Dims) != 2 || t.Len() == 0 || uses[from] != 1 {
			continue
		}
		if perm := n.Attribute("perm"); perm != nil && !slices.Equal(perm.Ints, []int64{1, 0}) {
			continue
		}
		values, err := t.Floats()
		if err != nil {
			return fmt.Errorf("importer: %w: %w", ErrFormat, err)
		}
		rows, cols := t.Dims[0], t.Dims[1]
		gone[from] = true
		matrix := &onnxfile.Tensor{Name: n.Outputs[0]}
		matrix.SetFloats([]int{cols, rows}, transposed(values, rows, cols))
		delete(v.producer, n.Outputs[0])
		folded[n] = true
		v.add(matrix)
	}
	if len(folded) == 0 {
		return nil
	}
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n *onnxfile.Node) bool { return folded[n] })
	v.removeConstants(gone)
	g.ValueInfos = slices.DeleteFunc(g.ValueInfos, func(i *onnxfile.ValueInfo) bool { return v.constants[i.Name] != nil })
	clear(v.shortcut)
	return nil
}

// transposed returns the transpose of a row-major matrix.
func transposed(values []float32, rows, cols int) []float32 {
	out := make([]float32, 0, len(values))
	for c := range cols {
		for r := range rows {
			out = append(out, values[r*cols+c])
		}
	}
	return out
}

// removeConstants takes initializers out of the file.
func (v *view) removeConstants(gone map[string]bool) {
	g := v.file.Graph
	g.Initializers = slices.DeleteFunc(g.Initializers, func(t *onnxfile.Tensor) bool { return gone[t.Name] })
	named := func(i *onnxfile.ValueInfo) bool { return gone[i.Name] }
	g.Inputs = slices.DeleteFunc(g.Inputs, named)
	g.ValueInfos = slices.DeleteFunc(g.ValueInfos, named)
	for name := range gone {
		if gone[name] {
			delete(v.constants, name)
		}
	}
}

// useCounts returns how many nodes and outputs read each name.
func (v *view) useCounts() map[string]int {
	counts := make(map[string]int, len(v.file.Graph.Nodes))
	for _, n := range v.file.Graph.Nodes {
		for _, name := range n.Inputs {
			counts[name]++
		}
	}
	for _, o := range v.file.Graph.Outputs {
		counts[o.Name]++
	}
	return counts
}
