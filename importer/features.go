package importer

import (
	"fmt"
	"slices"
	"strings"

	"finetune/internal/onnxfile"

	"gorgonia.org/tensor"
)

// LoadFeatures reads a model that need not be a classifier, and puts one on the
// tensor called name, or on the first output of the node called so: a Gemm on
// [N,F], global average pooling and a Gemm on [N,F,H,W]. What lies behind the
// tensor is cut off. The classifier has one class, and zeros for weights, until
// ReplaceHead.
//
// Errors are those of [Load], and one that wraps ErrFeatures if there is no
// such tensor or its shape is another one.
func LoadFeatures(data []byte, name string) (*Model, error) {
	m, err := open(data)
	if err != nil {
		return nil, err
	}
	features, err := m.graph.tensorCalled(name)
	if err != nil {
		return nil, err
	}
	if err := m.prepare(features); err != nil {
		return nil, err
	}
	shape, err := m.shapeOf(features)
	if err != nil {
		return nil, err
	}
	if err := m.addHead(features, shape); err != nil {
		return nil, err
	}
	return m, m.prepare(m.head.output)
}

// tensorCalled returns the tensor that a name means.
func (v *view) tensorCalled(name string) (string, error) {
	if v.producer[name] != nil {
		return name, nil
	}
	nodes := v.file.Graph.Nodes
	for _, n := range nodes {
		if n.Name == name && v.producer[n.Outputs[0]] != nil {
			return n.Outputs[0], nil
		}
	}
	const most = 8
	var last []string
	for _, n := range slices.Backward(nodes) {
		if len(last) == most {
			break
		}
		last = append(last, fmt.Sprintf("%q", n.Outputs[0]))
	}
	return "", fmt.Errorf("importer: %w %q: no node and no node's output is called so; the last ones are %s", ErrFeatures, name, strings.Join(last, ", "))
}

// assumedSize is the height and width for which shapes are looked at where the
// file leaves them open: [N,F] and the channels of [N,F,H,W] do not depend on it.
const assumedSize = 224

// shapeOf returns the shape of a tensor for one image.
func (m *Model) shapeOf(name string) (tensor.Shape, error) {
	o := BuildOptions{Batch: 1}
	if _, height, width := m.InputSize(); height == 0 || width == 0 {
		o.Height, o.Width = assumedSize, assumedSize
	}
	images, err := m.imageShape(o)
	if err != nil {
		return nil, err
	}
	b := m.newBuilder(o, images)
	if err := b.run(); err != nil {
		return nil, err
	}
	x, err := b.float(name)
	if err != nil {
		return nil, fmt.Errorf("importer: %w: %w", ErrFeatures, err)
	}
	return x.Shape(), nil
}

// addHead ends the graph with a linear layer on a tensor of that shape.
func (m *Model) addHead(features string, shape tensor.Shape) error {
	v, g := m.graph, m.file.Graph
	var nodes []*onnxfile.Node
	add := func(op, input string, more ...string) *onnxfile.Node {
		n := &onnxfile.Node{Op: op, Name: v.unused("head." + strings.ToLower(op)), Inputs: append([]string{input}, more...)}
		n.Outputs = []string{n.Name}
		nodes = append(nodes, n)
		return n
	}
	x := features
	switch len(shape) {
	case 2:
	case 4:
		x = add("GlobalAveragePool", x).Outputs[0]
		x = add("Flatten", x).Outputs[0]
	default:
		return fmt.Errorf("importer: %w %q has shape %v, want [N,F] or [N,F,H,W]: name the tensor behind the pooling or the class token", ErrFeatures, features, shape)
	}
	v.cut(features)
	count := shape[1]
	weight := &onnxfile.Tensor{Name: v.unused("head.weight")}
	weight.SetFloats([]int{1, count}, make([]float32, count))
	bias := &onnxfile.Tensor{Name: v.unused("head.bias")}
	bias.SetFloats([]int{1}, []float32{0})
	v.add(weight)
	v.add(bias)
	gemm := add("Gemm", x, weight.Name, bias.Name)
	gemm.SetAttribute(onnxfile.Int("transB", 1))
	gemm.SetOutputs(v.unused("logits"))
	for _, n := range nodes {
		v.producer[n.Outputs[0]] = n
	}
	g.Nodes = append(g.Nodes, nodes...)
	batch := onnxfile.Dim{Name: batchName}
	g.Outputs = []*onnxfile.ValueInfo{onnxfile.NewValueInfo(gemm.Outputs[0], onnxfile.TypeFloat, batch, onnxfile.Dim{Size: 1})}
	m.head = &head{output: gemm.Outputs[0], classifier: classifier{node: gemm, features: count, classes: 1, weight: weight.Name, bias: bias.Name, biasAt: gemm}}
	return nil
}

// cut removes the nodes and the constants that a tensor does not need.
func (v *view) cut(output string) {
	g := v.file.Graph
	kept := map[*onnxfile.Node]bool{}
	used := map[string]bool{}
	for _, n := range v.needed(output) {
		kept[n] = true
		for _, name := range n.Inputs {
			used[name] = true
		}
	}
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n *onnxfile.Node) bool {
		gone := !kept[n] && !used[n.Outputs[0]]
		if gone {
			for _, name := range n.Outputs {
				delete(v.producer, name)
				delete(v.constants, name)
				delete(v.constant, name)
			}
		}
		return gone
	})
	gone := map[string]bool{}
	for _, t := range g.Initializers {
		gone[t.Name] = !used[t.Name]
	}
	v.removeConstants(gone)
	g.ValueInfos = nil
	clear(v.shortcut)
}

// unused returns name, or one like it that nothing has.
func (v *view) unused(name string) string {
	if v.taken(name) {
		return v.fresh(name)
	}
	return name
}
