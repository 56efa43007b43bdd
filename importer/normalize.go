package importer

import (
	"slices"

	"finetune/internal/onnxfile"
)

// inferenceForm leaves the nodes as they are for inference: files that were
// exported for training say so in attributes and inputs.
func (v *view) inferenceForm(nodes []*onnxfile.Node) {
	for _, n := range nodes {
		switch n.Op {
		case "BatchNormalization":
			if a := n.Attribute("training_mode"); a != nil {
				n.RemoveAttribute(a.Name)
				n.SetOutputs(n.Outputs[0])
			}
		case "Dropout":
			if len(n.Inputs) > 2 { // training_mode, opset 12.
				n.SetInputs(n.Inputs[:2]...)
			}
		}
	}
}

// editTarget changes the constant target of a Reshape of data. A target that
// other nodes read too is copied first. Between calls nodes may not change;
// counted is nil before the first.
func (v *view) editTarget(n *onnxfile.Node, edit func(target []int64)) {
	if n.Op != "Reshape" || len(n.Inputs) != 2 || v.constants[v.resolve(n.Inputs[0])] != nil {
		return
	}
	name := v.resolve(n.Inputs[1])
	t := v.constants[name]
	if t == nil || !t.Type.IsInt() || len(t.Dims) != 1 || t.Len() == 0 {
		return
	}
	target, err := t.Ints()
	if err != nil {
		return
	}
	allowZero := n.Attribute("allowzero")
	if allowZero != nil && allowZero.Int != 0 && slices.Contains(target, 0) {
		return
	}
	before := slices.Clone(target)
	edit(target)
	if slices.Equal(before, target) {
		return
	}
	if allowZero != nil { // Of no use to a target without 0, and an edited 0 is to keep an axis.
		n.RemoveAttribute(allowZero.Name)
	}
	if v.counted == nil {
		v.counted = v.useCounts()
	}
	if v.counted[name] > 1 || name != n.Inputs[1] {
		v.counted[n.Inputs[1]]--
		t = &onnxfile.Tensor{Name: v.fresh(name)}
		v.counted[t.Name]++
		t.SetInts([]int{len(target)}, target...)
		v.add(t)
		n.SetInputs(n.Inputs[0], t.Name)
		return
	}
	v.set(name, func(t *onnxfile.Tensor) { t.SetInts([]int{len(target)}, target...) })
}

// uses counts the nodes and outputs that read a name.
func (v *view) uses(name string) int {
	count := 0
	for _, n := range v.file.Graph.Nodes {
		for _, input := range n.Inputs {
			if input == name {
				count++
			}
		}
	}
	for _, o := range v.file.Graph.Outputs {
		if o.Name == name {
			count++
		}
	}
	return count
}
