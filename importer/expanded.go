package importer

// unexpanded takes the copies out of what arithmetic reads: of two inputs of one
// shape, one that Expand made of smaller axes becomes what Expand repeated,
// because broadcasting does the same. PyTorch's expand_as writes gates of
// channels so.
func (n *node) unexpanded(xs []value) {
	for i, name := range n.source.Inputs {
		p := n.builder.model.graph.producer[name]
		if p == nil || p.Op != "Expand" || !xs[0].Shape().Eq(xs[1].Shape()) {
			continue
		}
		before, err := n.builder.value(p.Inputs[0])
		if err == nil && before.constant == nil && len(before.Shape()) == len(xs[i].Shape()) {
			xs[i] = before
		}
	}
}
