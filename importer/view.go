package importer

import (
	"fmt"

	"finetune/internal/onnxfile"
)

// batchName is the name of the batch dimension in files that had none.
const batchName = "N"

// A view is a file's graph by name. What it changes, it changes in the file.
type view struct {
	file      *onnxfile.Model
	constants map[string]*onnxfile.Tensor // Initializers and values of Constant nodes.
	constant  map[string]*onnxfile.Node   // The Constant node that holds a constant.
	producer  map[string]*onnxfile.Node   // Other nodes, by output.
	masks     map[*onnxfile.Tensor]bool   // What isMask has found.
	alike     map[*onnxfile.Tensor]bool   // What uniform has found.
	makers    map[*onnxfile.Node]bool     // What findMakers has found.
	shortcut  map[string]string           // Where resolve ended, while producer stays as it is.
	counted   map[string]int              // How many read a name, while editTarget is at work.
	inputs    map[string]bool             // Inputs of the graph, as they were read.
	numbered  map[string]int              // The last number that fresh gave, by name.
	ranks     map[string]int              // Numbers of axes, as Model.ranks found them.
}

func newView(file *onnxfile.Model) (*view, error) {
	v := &view{
		file:      file,
		constants: map[string]*onnxfile.Tensor{},
		constant:  map[string]*onnxfile.Node{},
		producer:  map[string]*onnxfile.Node{},
		masks:     map[*onnxfile.Tensor]bool{},
		alike:     map[*onnxfile.Tensor]bool{},
		shortcut:  map[string]string{},
		inputs:    map[string]bool{},
		numbered:  map[string]int{},
	}
	for _, i := range file.Graph.Inputs {
		v.inputs[i.Name] = true
	}
	for _, t := range file.Graph.Initializers {
		v.constants[t.Name] = t
	}
	for _, n := range file.Graph.Nodes {
		if n.Op == "Constant" && onnxfile.IsONNX(n.Domain) {
			t, err := constantValue(n)
			if err != nil {
				return nil, &OpError{n.Op, n.Label(), err}
			}
			v.constants[n.Outputs[0]], v.constant[n.Outputs[0]] = t, n
			continue
		}
		for _, name := range n.Outputs {
			v.producer[name] = n
		}
	}
	return v, nil
}

// resolve follows nodes that pass their input on from a name to where its value
// comes from: Identity, and Cast to a floating-point type, of which there is
// one here.
func (v *view) resolve(name string) string {
	var passed []string
	end := name
	for {
		if further, ok := v.shortcut[end]; ok {
			end = further
			break
		}
		n := v.producer[end]
		if n == nil || !v.passesOn(n) {
			break
		}
		passed = append(passed, end)
		end = n.Inputs[0]
	}
	for _, name := range passed {
		v.shortcut[name] = end
	}
	return end
}

// passesOn reports whether n does nothing here.
func (v *view) passesOn(n *onnxfile.Node) bool {
	if len(n.Inputs) != 1 {
		return false
	}
	switch n.Op {
	case "Identity":
		return true
	case "Cast":
		to, from := n.Attribute("to"), v.constants[n.Inputs[0]]
		return to != nil && onnxfile.DataType(to.Int).IsFloat() && (from == nil || from.Type.IsFloat())
	}
	return false
}

// floats returns the name and the tensor of a floating-point constant that is
// input i of n, perhaps through Identity nodes; nil if it is none.
func (v *view) floats(n *onnxfile.Node, i int) (string, *onnxfile.Tensor) {
	if i >= len(n.Inputs) {
		return "", nil
	}
	name := v.resolve(n.Inputs[i])
	if t := v.constants[name]; t != nil && t.Type.IsFloat() {
		return name, t
	}
	return "", nil
}

// needed returns the nodes that output needs, but for Constant nodes, in graph
// order.
func (v *view) needed(output string) []*onnxfile.Node {
	live := map[*onnxfile.Node]bool{}
	for pending := []string{output}; len(pending) > 0; {
		n := v.producer[pending[len(pending)-1]]
		pending = pending[:len(pending)-1]
		if n != nil && !live[n] {
			live[n] = true
			pending = append(pending, n.Inputs...)
		}
	}
	var nodes []*onnxfile.Node
	for _, n := range v.file.Graph.Nodes {
		if live[n] {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// checkOutputs refuses graphs that use another output of a node than its first,
// but for severalOutputs.
func (v *view) checkOutputs(nodes []*onnxfile.Node) error {
	for _, n := range nodes {
		for _, name := range n.Inputs {
			from := v.producer[name]
			if name != "" && from != nil && from.Outputs[0] != name && !severalOutputs[from.Op] {
				return &OpError{from.Op, from.Label(), fmt.Errorf("output %q is used, and it is not the first: %w", name, ErrUnsupported)}
			}
		}
	}
	return nil
}

// set replaces the value of a constant in the file.
func (v *view) set(name string, change func(t *onnxfile.Tensor)) {
	t := v.constants[name]
	change(t)
	if n := v.constant[name]; n != nil {
		for _, a := range n.Attributes {
			n.RemoveAttribute(a.Name)
		}
		n.SetAttribute(onnxfile.Value("value", t))
	}
	for _, list := range [][]*onnxfile.ValueInfo{v.file.Graph.Inputs, v.file.Graph.ValueInfos} {
		for _, info := range list {
			if info.Name == name {
				info.SetType(t.Type, sizes(t.Dims)...)
			}
		}
	}
}

// add adds an initializer, which before version 4 of the format is an input
// too.
func (v *view) add(t *onnxfile.Tensor) {
	g := v.file.Graph
	g.Initializers = append(g.Initializers, t)
	if v.file.IRVersion < 4 {
		g.Inputs = append(g.Inputs, onnxfile.NewValueInfo(t.Name, t.Type, sizes(t.Dims)...))
	}
	v.constants[t.Name] = t
}

// fresh returns a name that nothing has, beginning with name.
func (v *view) fresh(name string) string {
	for i := max(2, v.numbered[name]+1); ; i++ {
		v.numbered[name] = i
		if candidate := fmt.Sprintf("%s.%d", name, i); !v.taken(candidate) {
			return candidate
		}
	}
}

// taken reports whether something has that name.
func (v *view) taken(name string) bool {
	return v.constants[name] != nil || v.producer[name] != nil || v.inputs[name]
}

func sizes(dims []int) []onnxfile.Dim {
	out := make([]onnxfile.Dim, len(dims))
	for i, d := range dims {
		out[i].Size = int64(d)
	}
	return out
}
