package onnxfile

import "fmt"

// check looks at what the decoder cannot see in one message: that names are
// defined once, that inputs are defined, and that the nodes have an order. It
// puts them into it.
func (g *Graph) check() error {
	if g.sparse > 0 {
		return fmt.Errorf("%w: %d sparse initializers, want dense ones", ErrDataType, g.sparse)
	}
	if len(g.Nodes) == 0 {
		return fmt.Errorf("%w: no nodes", ErrMalformed)
	}
	if len(g.Outputs) == 0 {
		return fmt.Errorf("%w: no outputs", ErrMalformed)
	}
	producers, err := g.producers()
	if err != nil {
		return err
	}
	for i, n := range g.Nodes {
		for _, name := range n.Inputs {
			if _, ok := producers[name]; !ok && name != "" {
				return fmt.Errorf("node[%d] %s (%s): input %s: %w by an input, an initializer or a node",
					i, quote(n.Label()), n.Op, quote(name), ErrMissing)
			}
		}
	}
	for _, v := range g.Outputs {
		if _, ok := producers[v.Name]; !ok {
			return fmt.Errorf("output %s: %w by a node", quote(v.Name), ErrMissing)
		}
	}
	return g.sort(producers)
}

// outside marks names that inputs and initializers define.
const outside = -1

// producers returns the node that defines each name.
func (g *Graph) producers() (map[string]int, error) {
	by := make(map[string]int, len(g.Nodes)+len(g.Initializers))
	for _, v := range g.Inputs {
		if _, ok := by[v.Name]; ok || v.Name == "" {
			return nil, fmt.Errorf("input %s: %w or without a name", quote(v.Name), ErrDuplicate)
		}
		by[v.Name] = outside
	}
	initializers := make(map[string]bool, len(g.Initializers))
	for i, t := range g.Initializers {
		if initializers[t.Name] || t.Name == "" {
			return nil, fmt.Errorf("initializer[%d] %s: %w or without a name", i, quote(t.Name), ErrDuplicate)
		}
		initializers[t.Name] = true
		by[t.Name] = outside // An initializer may be the default of an input.
	}
	for i, n := range g.Nodes {
		if err := n.check(); err != nil {
			return nil, fmt.Errorf("node[%d] %s: %w", i, quote(n.Label()), err)
		}
		for _, name := range n.Outputs {
			if _, ok := by[name]; ok {
				return nil, fmt.Errorf("node[%d] %s (%s): output %s: %w", i, quote(n.Label()), n.Op, quote(name), ErrDuplicate)
			}
			if name != "" {
				by[name] = i
			}
		}
	}
	return by, nil
}

func (n *Node) check() error {
	if n.Op == "" {
		return fmt.Errorf("%w: no op_type", ErrMalformed)
	}
	if len(n.Outputs) == 0 || n.Outputs[0] == "" {
		return fmt.Errorf("%w: %s without a first output", ErrMalformed, n.Op)
	}
	seen := make(map[string]bool, len(n.Attributes))
	for _, a := range n.Attributes {
		if seen[a.Name] || a.Name == "" {
			return fmt.Errorf("%s: attribute %s: %w or without a name", n.Op, quote(a.Name), ErrDuplicate)
		}
		seen[a.Name] = true
	}
	return nil
}

// sort puts the nodes into topological order (Kahn, 1962). Nodes that are in
// order already keep it.
func (g *Graph) sort(producers map[string]int) error {
	if g.sorted(producers) {
		return nil
	}
	waiting := make([]int, len(g.Nodes)) // Inputs that are not there yet.
	users := make([][]int, len(g.Nodes))
	var ready []int
	for i, n := range g.Nodes {
		for _, name := range n.Inputs {
			if from := producers[name]; name != "" && from != outside {
				waiting[i]++
				users[from] = append(users[from], i)
			}
		}
		if waiting[i] == 0 {
			ready = append(ready, i)
		}
	}
	order := make([]*Node, 0, len(g.Nodes))
	for ; len(ready) > 0; ready = ready[1:] {
		order = append(order, g.Nodes[ready[0]])
		for _, user := range users[ready[0]] {
			if waiting[user]--; waiting[user] == 0 {
				ready = append(ready, user)
			}
		}
	}
	for i, n := range g.Nodes {
		if waiting[i] > 0 {
			return fmt.Errorf("%w: node[%d] %s (%s) is among or after nodes that need each other", ErrCyclic, i, quote(n.Label()), n.Op)
		}
	}
	g.Nodes = order
	return nil
}

func (g *Graph) sorted(producers map[string]int) bool {
	for i, n := range g.Nodes {
		for _, name := range n.Inputs {
			if name != "" && producers[name] >= i {
				return false
			}
		}
	}
	return true
}
