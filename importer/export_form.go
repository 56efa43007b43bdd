package importer

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"finetune/internal/onnxfile"
)

// A Form is how an exported file differs from what WriteONNX writes. The zero
// Form is no difference.
type Form struct {
	// FoldBatchNorm multiplies BatchNormalization into the Conv or Gemm before
	// it. Of this form and of those with Half and Quantize the weights that nodes
	// make are constants.
	FoldBatchNorm bool
	// Opset is the version of ONNX's operators that the file is raised to; 0
	// keeps its own.
	Opset int64
	// Half makes weights and arithmetic float16. Input and output stay float.
	Half bool
	// Quantize makes the arithmetic of Conv, Gemm and MatMul int8, where the
	// ranges say so; nil does not.
	Quantize Ranges
	// Preprocess puts preprocessing before the model and Softmax behind it;
	// nil does not.
	Preprocess *Preprocessing
	// Metadata is added to the file's own.
	Metadata map[string]string
}

// Convert returns a file that WriteONNX wrote in another form. The same file
// and form give the same bytes. Errors about a node are of type *OpError.
func Convert(file []byte, f Form) ([]byte, error) {
	m, err := Load(bytes.Clone(file))
	if err != nil {
		return nil, err
	}
	if err := m.wantPlainForm(); err != nil {
		return nil, err
	}
	if err := m.convert(f); err != nil {
		return nil, err
	}
	return m.file.Bytes(), nil
}

// convert carries out f.
func (m *Model) convert(f Form) error {
	v := m.graph
	opset := f.Opset
	for _, need := range []struct {
		wanted bool
		opset  int64
	}{{f.Quantize != nil, quantizeOpset}, {f.Preprocess != nil, preprocessOpset}} {
		if need.wanted && opset == 0 {
			opset = max(m.file.OpsetVersion(), need.opset)
		} else if need.wanted && opset < need.opset {
			return fmt.Errorf("importer: convert: opset %d: %w, want %d or above for this form", opset, ErrUnsupported, need.opset)
		}
	}
	if opset != 0 {
		v.ranks = m.ranks() // Before nodes change.
	}
	if f.FoldBatchNorm || f.Opset != 0 || f.Half || f.Quantize != nil || f.Preprocess != nil {
		m.dropDead()
	}
	if f.FoldBatchNorm || f.Half || f.Quantize != nil {
		if err := m.foldMakers(); err != nil {
			return err
		}
	}
	if f.FoldBatchNorm {
		m.foldBatchNorm()
	}
	if opset != 0 {
		if err := v.raiseOpset(opset); err != nil {
			return err
		}
	}
	if f.Half {
		if err := m.halve(); err != nil {
			return err
		}
	}
	if f.Quantize != nil {
		if err := m.quantize(f.Quantize); err != nil {
			return err
		}
	}
	if f.Preprocess != nil {
		m.preprocess(*f.Preprocess)
	}
	for _, key := range slices.Sorted(maps.Keys(f.Metadata)) {
		m.file.SetMetadata(key, f.Metadata[key])
	}
	return nil
}

// remove takes a node out of the graph.
func (v *view) remove(n *onnxfile.Node) {
	g := v.file.Graph
	g.Nodes = slices.DeleteFunc(g.Nodes, func(other *onnxfile.Node) bool { return other == n })
	for _, name := range n.Outputs {
		if v.producer[name] == n {
			delete(v.producer, name)
		}
	}
}

// before puts nodes into the graph before n; at the end if n is nil.
func (v *view) before(n *onnxfile.Node, nodes ...*onnxfile.Node) {
	g := v.file.Graph
	at := slices.Index(g.Nodes, n)
	if at < 0 {
		at = len(g.Nodes)
	}
	g.Nodes = slices.Insert(g.Nodes, at, nodes...)
	for _, n := range nodes {
		for _, name := range n.Outputs {
			v.producer[name] = n
		}
	}
}

// prune takes out constants that nothing reads.
func (v *view) prune() {
	g := v.file.Graph
	used := map[string]bool{}
	for _, n := range g.Nodes {
		for _, name := range n.Inputs {
			used[name] = true
		}
	}
	for _, o := range g.Outputs {
		used[o.Name] = true
	}
	unused := func(name string) bool { return v.constants[name] != nil && !used[name] }
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n *onnxfile.Node) bool { return n.Op == "Constant" && unused(n.Outputs[0]) })
	g.Initializers = slices.DeleteFunc(g.Initializers, func(t *onnxfile.Tensor) bool { return unused(t.Name) })
	g.Inputs = slices.DeleteFunc(g.Inputs, func(info *onnxfile.ValueInfo) bool { return unused(info.Name) })
	g.ValueInfos = slices.DeleteFunc(g.ValueInfos, func(info *onnxfile.ValueInfo) bool { return unused(info.Name) })
	maps.DeleteFunc(v.constants, func(name string, _ *onnxfile.Tensor) bool { return unused(name) })
}

// readers returns the nodes that read a name, each once, in graph order.
func (v *view) readers(name string) []*onnxfile.Node {
	var list []*onnxfile.Node
	for _, n := range v.file.Graph.Nodes {
		if slices.Contains(n.Inputs, name) {
			list = append(list, n)
		}
	}
	return list
}

// free returns name if nothing has it, else a fresh name that begins with it.
func (v *view) free(name string) string {
	isName := func(info *onnxfile.ValueInfo) bool { return info.Name == name }
	if v.constants[name] == nil && v.producer[name] == nil && !slices.ContainsFunc(v.file.Graph.Inputs, isName) {
		return name
	}
	return v.fresh(name)
}

// dropDead takes out the nodes that the outputs do not need, and constants
// that nothing reads.
func (m *Model) dropDead() {
	live := map[*onnxfile.Node]bool{}
	for _, n := range m.graph.needed(m.head.output) {
		live[n] = true
	}
	for _, n := range slices.Clone(m.file.Graph.Nodes) {
		if !live[n] && m.graph.constant[n.Outputs[0]] != n {
			m.graph.remove(n)
		}
	}
	m.graph.prune()
}

// newNode returns a node of one output. Its name is that of the output.
func newNode(op string, inputs []string, output string, attributes ...*onnxfile.Attribute) *onnxfile.Node {
	return &onnxfile.Node{Op: op, Name: output, Inputs: inputs, Outputs: []string{output}, Attributes: attributes}
}
