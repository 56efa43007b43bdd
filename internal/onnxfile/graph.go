package onnxfile

// A Graph is GraphProto.
type Graph struct {
	Name         string
	Nodes        []*Node // In topological order.
	Initializers []*Tensor
	Inputs       []*ValueInfo
	Outputs      []*ValueInfo
	ValueInfos   []*ValueInfo // Of tensors inside of the graph.

	sparse int // Sparse initializers, which are refused.
	rest   []unknown
}

func (g *Graph) field(f field) error {
	switch f.num {
	case 1:
		n := new(Node)
		g.Nodes = append(g.Nodes, n)
		return inside(fields(f.data, n.decode(f.data)), "node[%d] %s", len(g.Nodes)-1, quote(n.Name))
	case 2:
		return f.str(&g.Name)
	case 5:
		t, err := parseTensor(f.data)
		g.Initializers = append(g.Initializers, t)
		return inside(err, "initializer[%d] %s", len(g.Initializers)-1, quote(t.Name))
	case 11:
		return addValueInfo(&g.Inputs, f, "input")
	case 12:
		return addValueInfo(&g.Outputs, f, "output")
	case 13:
		return addValueInfo(&g.ValueInfos, f, "value_info")
	case 15:
		g.sparse++
	}
	g.rest = append(g.rest, f.unknown())
	return nil
}

func addValueInfo(list *[]*ValueInfo, f field, where string) error {
	v := new(ValueInfo)
	*list = append(*list, v)
	err := fields(f.data, v.decode(f.data))
	return inside(err, "%s[%d] %s", where, len(*list)-1, quote(v.Name))
}

func (g *Graph) pieces() [][]byte {
	var e encoder
	for _, n := range g.Nodes {
		e.message(1, n.pieces())
	}
	e.str(2, g.Name)
	for _, t := range g.Initializers {
		e.message(5, t.pieces())
	}
	for _, v := range g.Inputs {
		e.message(11, v.pieces())
	}
	for _, v := range g.Outputs {
		e.message(12, v.pieces())
	}
	for _, v := range g.ValueInfos {
		e.message(13, v.pieces())
	}
	e.rest(g.rest)
	return e.pieces()
}
