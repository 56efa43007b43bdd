package importer

import (
	"fmt"
	"slices"

	"finetune/internal/onnxfile"
)

// weightInputs are the inputs of layers that hold what training moves.
var weightInputs = map[string][]int{"Conv": {1, 2}, "ConvTranspose": {1, 2}, "Gemm": {1, 2}, "MatMul": {1}}

// makerOperators are those through which a weight is followed back to what it
// is made of. Expand and Tile are not among them: a filter that is repeated for
// each channel, as for blurring, is a fixed one.
var makerOperators = map[string]bool{
	"Add": true, "Sub": true, "Mul": true, "Div": true, "Pow": true, "Neg": true, "Abs": true, "Reciprocal": true, "Sqrt": true, "Exp": true, "Log": true,
	"Sigmoid": true, "Tanh": true, "Softplus": true, "Softmax": true, "Sum": true, "Mean": true, "Max": true, "Min": true, "Clip": true,
	"ReduceMean": true, "ReduceSum": true, "ReduceSumSquare": true, "ReduceL1": true, "ReduceL2": true, "ReduceMax": true,
	"BatchNormalization": true, "InstanceNormalization": true, "GroupNormalization": true, "LayerNormalization": true, "LpNormalization": true,
	"MatMul": true, "Gemm": true, "Reshape": true, "Transpose": true, "Squeeze": true, "Unsqueeze": true, "Flatten": true,
	"Concat": true, "Slice": true, "Split": true, "Pad": true, "Gather": true, "Cast": true, "CastLike": true,
}

// findMakers notes the nodes that make weights and biases of layers from
// constants alone: weight standardization, as in NFNet, and weight
// normalization. What training moves is what they read.
func (v *view) findMakers(nodes []*onnxfile.Node) {
	varies := map[string]bool{}
	for _, input := range v.file.Graph.Inputs {
		varies[input.Name] = v.constants[input.Name] == nil
	}
	var pending []string
	for _, n := range nodes {
		if !slices.ContainsFunc(n.Inputs, func(name string) bool { return varies[name] }) {
			continue
		}
		for _, name := range n.Outputs {
			varies[name] = true
		}
		for _, i := range weightInputs[n.Op] {
			if i < len(n.Inputs) && varies[n.Inputs[0]] && !varies[n.Inputs[i]] {
				pending = append(pending, n.Inputs[i])
			}
		}
	}
	v.makers = map[*onnxfile.Node]bool{}
	for len(pending) > 0 {
		n := v.producer[pending[len(pending)-1]]
		pending = pending[:len(pending)-1]
		switch {
		case n == nil || v.makers[n]:
		case v.passesOn(n):
			pending = append(pending, v.resolve(n.Inputs[0]))
		case makerOperators[n.Op]:
			v.makers[n] = true
			pending = append(pending, n.Inputs...)
		}
	}
}

// makes reports whether training moves the constant t, input i of a node that
// makes weights: an initializer of two elements or more that is neither a mask,
// nor a vector that is multiplied with, as spectral normalization has them, nor
// the scale of ones or the shift of zeros of a normalization that has none.
func (v *view) makes(n *onnxfile.Node, i int, name string, t *onnxfile.Tensor) bool {
	if t.Len() < 2 || v.constant[name] != nil || v.isMask(t) {
		return false
	}
	switch n.Op {
	case "MatMul", "Gemm":
		return len(t.Dims) > 1
	case "BatchNormalization", "InstanceNormalization", "GroupNormalization", "LayerNormalization":
		neutral := map[int]float32{1: 1, 2: 0}
		at, ok := neutral[i]
		return i == 0 || ok && !(v.uniform(t) && v.first(t) == at)
	case "Gather", "Clip", "Pad":
		return i == 0
	}
	return true
}

// partNeutral gives constants of their own to the inputs of nodes that make weights
// which read, as what does not move, what another node reads as what does:
// exporters merge equal tensors, such as a gain of zeros and a shift that is none.
func (v *view) partNeutral(nodes []*onnxfile.Node) {
	if len(v.makers) == 0 {
		return
	}
	moved := map[string]bool{}
	for _, n := range nodes {
		for i := range n.Inputs {
			if v.role(n, i) != noRole {
				name, _ := v.floats(n, i)
				moved[name] = true
			}
		}
	}
	own := map[string]string{}
	for _, n := range nodes {
		if !v.makers[n] {
			continue
		}
		for i := range n.Inputs {
			name, t := v.floats(n, i)
			if !moved[name] || v.role(n, i) != noRole {
				continue
			}
			if own[name] == "" {
				own[name] = v.copyOf(name, t)
			}
			v.setInput(n, i, own[name])
		}
	}
}

// first returns the first element of t.
func (v *view) first(t *onnxfile.Tensor) float32 {
	values, err := t.Floats()
	if err != nil {
		return 0
	}
	return values[0]
}

// standardizeByInstance makes InstanceNormalization of each BatchNormalization
// in training mode that makes a weight, of shape [1,C,...]: with one instance the
// statistics of the batch are those of the instance. In training mode a
// BatchNormalization does not read the statistics that it is given, which some
// exporters compute from a copy of the weight; what nothing reads any more is
// taken out.
func (v *view) standardizeByInstance(nodes []*onnxfile.Node) error {
	changed := false
	for _, n := range nodes {
		if n.Op != "BatchNormalization" || !v.makers[n] || !v.trains(n) || len(n.Inputs) < 3 {
			continue
		}
		if !v.isSingle(n.Inputs[0]) {
			return &OpError{n.Op, n.Label(), fmt.Errorf("in training mode of a weight that is not known to have shape [1,C,...]: %w", ErrUnsupported)}
		}
		for _, name := range []string{"training_mode", "momentum", "spatial", "is_test"} {
			n.RemoveAttribute(name)
		}
		n.Op = "InstanceNormalization"
		n.SetInputs(n.Inputs[:3]...)
		n.SetOutputs(n.Outputs[0])
		changed = true
	}
	if changed {
		v.dropUnread()
	}
	return nil
}

// trains reports whether a BatchNormalization is in training mode. Before opset
// 14 it says so by its outputs.
func (v *view) trains(n *onnxfile.Node) bool {
	mode := n.Attribute("training_mode")
	return mode != nil && mode.Int != 0 || mode == nil && len(n.Outputs) > 1
}

// isSingle reports whether a tensor is known to have shape [1,C,...].
func (v *view) isSingle(name string) bool {
	name = v.resolve(name)
	if t := v.constants[name]; t != nil {
		return len(t.Dims) > 2 && t.Dims[0] == 1
	}
	n := v.producer[name]
	if n == nil || n.Op != "Reshape" || len(n.Inputs) != 2 {
		return false
	}
	to := v.constants[v.resolve(n.Inputs[1])]
	if to == nil || !to.Type.IsInt() || len(to.Dims) != 1 || to.Len() < 3 {
		return false
	}
	sizes, err := to.Ints()
	return err == nil && sizes[0] == 1
}

// dropUnread takes out nodes, and constants, whose values no node and no output
// reads.
func (v *view) dropUnread() {
	g := v.file.Graph
	counts := v.useCounts()
	dead := map[*onnxfile.Node]bool{}
	for _, n := range slices.Backward(g.Nodes) {
		if n.Op == "Constant" || slices.ContainsFunc(n.Outputs, func(name string) bool { return counts[name] > 0 }) {
			continue
		}
		dead[n] = true
		for _, name := range n.Inputs {
			counts[name]--
		}
		for _, name := range n.Outputs {
			delete(v.producer, name)
		}
	}
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n *onnxfile.Node) bool { return dead[n] })
	g.ValueInfos = slices.DeleteFunc(g.ValueInfos, func(info *onnxfile.ValueInfo) bool {
		return counts[info.Name] == 0 && v.constants[info.Name] == nil
	})
	clear(v.shortcut)
	v.counted = nil
	v.prune()
}
