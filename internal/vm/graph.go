package vm

import (
	"fmt"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// needed returns the nodes that the roots need, children first, in the order
// of a depth-first walk.
func needed(roots G.Nodes) G.Nodes {
	var order G.Nodes
	seen := map[*G.Node]bool{}
	var visit func(n *G.Node)
	visit = func(n *G.Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		for _, child := range children(n) {
			visit(child)
		}
		order = append(order, n)
	}
	for _, n := range roots {
		visit(n)
	}
	return order
}

// children returns the inputs of n's op, in order.
func children(n *G.Node) G.Nodes {
	it := n.Graph().From(n.ID())
	if it == nil {
		return nil
	}
	var nodes G.Nodes
	for it.Next() {
		nodes = append(nodes, it.Node().(*G.Node))
	}
	return nodes
}

// consumers returns for each node those that use it.
func consumers(order G.Nodes) map[*G.Node]G.Nodes {
	of := map[*G.Node]G.Nodes{}
	for _, n := range order {
		for _, child := range children(n) {
			of[child] = append(of[child], n)
		}
	}
	return of
}

// isSum reports whether n is Gorgonia's own addition of two tensors, which
// gorgonia.Grad emits where a node has several consumers.
func isSum(n *G.Node) bool {
	b, ok := n.Op().(G.BinaryOp)
	return ok && b.IsBinary() && (b.String() == "+ false" || b.String() == "+ true")
}

// defOf returns the operator of n, or nil.
func defOf(n *G.Node) op.Def {
	if o, ok := n.Op().(*op.Op); ok {
		return o.Def
	}
	return nil
}

func describe(n *G.Node) string { return fmt.Sprintf("node %q of shape %v", n.Name(), n.Shape()) }
