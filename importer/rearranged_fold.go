package importer

import (
	"fmt"
	"slices"

	"finetune/internal/onnxfile"
)

// foldRearranged makes constants of the nodes that transpose a constant matrix
// or reshape a constant which nothing else reads, as exporters that fold no
// constants write linear layers and scales of channels. The weight is then an
// initializer with the name of the node's output.
func (v *view) foldRearranged() error {
	uses := v.useCounts()
	g := v.file.Graph
	folded := map[*onnxfile.Node]bool{}
	gone := map[string]bool{}
	for _, n := range g.Nodes {
		if !onnxfile.IsONNX(n.Domain) || len(n.Inputs) == 0 || len(n.Outputs) != 1 {
			continue
		}
		from := n.Inputs[0]
		t := v.constants[from]
		if t == nil || v.constant[from] != nil || !t.Type.IsFloat() || t.Len() == 0 || uses[from] != 1 {
			continue
		}
		dims := v.rearrangedDims(n, t)
		if dims == nil {
			continue
		}
		for _, a := range n.Attributes {
			if a.Name != map[string]string{"Transpose": "perm", "Reshape": "allowzero"}[n.Op] {
				return &OpError{n.Op, n.Label(), fmt.Errorf("attribute %s is unknown", a.Name)}
			}
		}
		values, err := t.Floats()
		if err != nil {
			return fmt.Errorf("importer: %w: %w", ErrFormat, err)
		}
		if n.Op == "Transpose" {
			values = transposed(values, t.Dims[0], t.Dims[1])
		}
		gone[from] = true
		weight := &onnxfile.Tensor{Name: n.Outputs[0]}
		weight.SetFloats(dims, values)
		delete(v.producer, n.Outputs[0])
		folded[n] = true
		v.add(weight)
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

// maxWeightAxes is twice what weights of image networks have.
const maxWeightAxes = 8

// rearrangedDims returns the shape that n, which reads the constant t, gives to
// it; nil if n is neither the transpose of a matrix nor a valid Reshape.
func (v *view) rearrangedDims(n *onnxfile.Node, t *onnxfile.Tensor) []int {
	switch {
	case n.Op == "Transpose" && len(n.Inputs) == 1 && len(t.Dims) == 2:
		if perm := n.Attribute("perm"); perm == nil || slices.Equal(perm.Ints, []int64{1, 0}) {
			return []int{t.Dims[1], t.Dims[0]}
		}
	case n.Op == "Reshape" && len(n.Inputs) == 2:
		to := v.constants[v.resolve(n.Inputs[1])]
		if to == nil || !to.Type.IsInt() || len(to.Dims) != 1 || to.Len() == 0 || to.Len() > maxWeightAxes {
			return nil
		}
		sizes, err := to.Ints()
		if err != nil {
			return nil
		}
		dims := make([]int, len(sizes))
		for i, size := range sizes {
			dims[i] = int(size)
		}
		allowZero := n.Attribute("allowzero")
		if dims, err = target(dims, t.Dims, allowZero != nil && allowZero.Int != 0); err == nil {
			return dims
		}
	}
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
