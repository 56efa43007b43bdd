package importer

import (
	"fmt"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// HeadPart returns the part of a graph with a loss that reads the features, as a
// graph of its own: what takes the place of its images are the features. It errs
// if that part reads the images as well.
func (g *Graph) HeadPart() (*Graph, error) {
	c := cutting{g: G.NewGraph(), copies: map[*G.Node]*G.Node{}}
	part := &Graph{G: c.g}
	part.Features = c.input(g.Features)
	part.Images = part.Features
	part.Labels = c.input(g.Labels)
	for _, n := range g.Params {
		part.Params = append(part.Params, c.input(n))
	}
	for _, n := range g.Statistics {
		part.Statistics = append(part.Statistics, c.input(n))
	}
	var err error
	if part.Loss, err = c.node(g.Loss); err != nil {
		return nil, fmt.Errorf("importer: cut at the features: %w", err)
	}
	part.Logits = c.copies[g.Logits]
	return part, nil
}

// A cutting copies nodes of a graph to another.
type cutting struct {
	g      *G.ExprGraph
	copies map[*G.Node]*G.Node
}

// input makes an input that stands for n.
func (c *cutting) input(n *G.Node) *G.Node {
	name := G.WithName(fmt.Sprintf("cut %d", len(c.copies))) // Gorgonia takes inputs of one name for one.
	if n.IsScalar() {
		c.copies[n] = G.NewScalar(c.g, G.Float32, name)
	} else {
		c.copies[n] = G.NewTensor(c.g, G.Float32, n.Dims(), G.WithShape(n.Shape()...), name)
	}
	return c.copies[n]
}

// node copies n and all that it needs, down to the inputs made before.
func (c *cutting) node(n *G.Node) (*G.Node, error) {
	if c.copies[n] != nil {
		return c.copies[n], nil
	}
	if op.IsConstant(n) {
		c.copies[n] = op.Constant(c.g, len(c.copies), n.Value())
		return c.copies[n], nil
	}
	if n.Op() == nil {
		return nil, fmt.Errorf("%q is needed besides", n.Name())
	}
	var inputs G.Nodes
	for it := n.Graph().From(n.ID()); it.Next(); {
		in, err := c.node(it.Node().(*G.Node))
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, in)
	}
	var err error
	c.copies[n], err = G.ApplyOp(n.Op(), inputs...)
	return c.copies[n], err
}
