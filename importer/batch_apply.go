package importer

import "finetune/internal/onnxfile"

// apply changes the nodes of the file as the edits say.
func (t *tracer) apply() {
	v := t.model.graph
	v.counted = nil
	for i, e := range t.edits {
		if n := t.model.nodes[i]; e.ints != nil && n.Op == "Reshape" && v.constants[v.resolve(n.Inputs[1])] != nil {
			v.editTarget(n, func(target []int64) { copy(target, e.ints) })
			t.edits[i].ints = nil
		}
	}
	for i, e := range t.edits {
		n := t.model.nodes[i]
		if e.ints != nil {
			n.RemoveAttribute("allowzero") // A 0 is to keep an axis.
			v.setInput(n, e.at, v.addInts(n.Outputs[0]+".free", e.ints...))
		}
		for _, a := range e.alone {
			t.leave(n, a)
		}
	}
	clear(v.shortcut)
}

// leave leaves one row of an input of n.
func (t *tracer) leave(n *onnxfile.Node, a alone) {
	v := t.model.graph
	name := n.Inputs[a.input]
	var nodes []*onnxfile.Node
	add := func(op, what string, inputs []string, attributes ...*onnxfile.Attribute) string {
		node := newNode(op, inputs, v.unused(n.Outputs[0]+"."+what), attributes...)
		nodes = append(nodes, node)
		v.producer[node.Outputs[0]] = node
		return node.Outputs[0]
	}
	c := v.constants[name]
	switch {
	case t.fixed == 1:
	case c != nil && c.Type.IsFloat() && v.constant[name] == nil:
		name = v.addRow(name, a.axis)
	default:
		name = add("Gather", "row", []string{name, v.addInts(n.Outputs[0]+".first", 0)}, onnxfile.Int("axis", int64(a.axis)))
	}
	if a.like != "" {
		before, _ := t.before.value(n.Inputs[a.input])
		sizes := make([]int64, len(before.Shape()))
		for i := range sizes {
			sizes[i] = 1
		}
		shape := add("Shape", "shape", []string{a.like})
		to := add("Gather", "batch", []string{shape, v.addInts(n.Outputs[0]+".axis", int64(a.likeAxis))})
		parts := []string{to}
		if a.axis > 0 {
			parts = append([]string{v.addInts(n.Outputs[0]+".before", sizes[:a.axis]...)}, parts...)
		}
		if rest := sizes[a.axis+1:]; len(rest) > 0 {
			parts = append(parts, v.addInts(n.Outputs[0]+".behind", rest...))
		}
		if len(parts) > 1 {
			to = add("Concat", "to", parts, onnxfile.Int("axis", 0))
		}
		name = add("Expand", "expanded", []string{name, to})
	}
	v.setInput(n, a.input, name)
	v.before(n, nodes...)
}

// addRow adds the first row of an initializer along an axis as one of its own, and
// returns its name.
func (v *view) addRow(name string, axis int) string {
	t := v.constants[name]
	values, err := t.Floats()
	if err != nil {
		panic(err) // The tracer has read them.
	}
	dims := append([]int(nil), t.Dims...)
	inner := product(dims[axis+1:])
	var row []float32
	for at, x := range values {
		if at/inner%dims[axis] == 0 {
			row = append(row, x)
		}
	}
	dims[axis] = 1
	own := &onnxfile.Tensor{Name: v.unused(name + ".row")}
	own.SetFloats(dims, row)
	v.add(own)
	return own.Name
}

// addInts adds an initializer of integers of rank 1.
func (v *view) addInts(name string, values ...int64) string {
	t := &onnxfile.Tensor{Name: v.unused(name)}
	t.SetInts([]int{len(values)}, values...)
	v.add(t)
	return t.Name
}

// setInput replaces an input of a node.
func (v *view) setInput(n *onnxfile.Node, i int, name string) {
	inputs := append([]string(nil), n.Inputs...)
	inputs[i] = name
	n.SetInputs(inputs...)
}
