package importer

import (
	"fmt"

	"finetune/internal/onnxfile"

	"github.com/owulveryck/onnx-go"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/iterator"
)

// A record is an operation as onnx-go decoded it.
type record struct {
	op         string
	attributes map[string]any // float32, int64, string, or slices of them.
	inputs     []string       // "" is an optional one that is missing.
	output     string
}

// decode lets onnx-go decode the nodes, which must be of known operators, and
// returns a record for each of them.
//
// onnx-go gets a clean copy of the graph's structure alone: one output a node
// and no tensors, because it would copy each weight several times, and because
// its faults with types and shapes lie there (docs/decisions/onnx-go-guard.md).
func decode(nodes []*onnxfile.Node, output string) ([]record, error) {
	clean := &onnxfile.Model{IRVersion: 8, Graph: &onnxfile.Graph{
		Outputs: []*onnxfile.ValueInfo{onnxfile.NewName(output)},
	}}
	for _, n := range nodes {
		c, err := cleanNode(n)
		if err != nil {
			return nil, &OpError{n.Op, n.Label(), err}
		}
		clean.Graph.Nodes = append(clean.Graph.Nodes, c)
	}
	b := &backend{inputs: map[int64][]edge{}}
	if err := onnx.NewModel(b).UnmarshalBinary(clean.Bytes()); err != nil {
		return nil, fmt.Errorf("importer: onnx-go: %w", err)
	}
	if len(b.records) != len(nodes) {
		return nil, fmt.Errorf("importer: onnx-go: %d operations, want %d", len(b.records), len(nodes))
	}
	return b.records, nil
}

// cleanNode copies what onnx-go should see of a node.
func cleanNode(n *onnxfile.Node) (*onnxfile.Node, error) {
	if len(n.Inputs) == 0 {
		return nil, fmt.Errorf("no inputs, want at least 1")
	}
	c := &onnxfile.Node{Name: n.Name, Op: n.Op, Inputs: n.Inputs, Outputs: n.Outputs[:1]}
	for _, a := range n.Attributes {
		switch a.Type {
		case onnxfile.AttributeFloat:
			c.SetAttribute(onnxfile.Float(a.Name, a.Float))
		case onnxfile.AttributeInt:
			c.SetAttribute(onnxfile.Int(a.Name, a.Int))
		case onnxfile.AttributeString:
			c.SetAttribute(onnxfile.String(a.Name, a.String))
		case onnxfile.AttributeFloats:
			c.SetAttribute(onnxfile.Floats(a.Name, a.Floats...))
		case onnxfile.AttributeInts:
			c.SetAttribute(onnxfile.Ints(a.Name, a.Ints...))
		case onnxfile.AttributeTensor:
			if n.Op != "ConstantOfShape" { // It reads the file's own node.
				return nil, fmt.Errorf("attribute %q is a tensor: %w", a.Name, ErrUnsupported)
			}
		default:
			return nil, fmt.Errorf("attribute %q of type %d: %w", a.Name, a.Type, ErrUnsupported)
		}
	}
	return c, nil
}

// A backend records what onnx-go decodes. It keeps every edge in order, so
// that a tensor may be an input of a node twice.
type backend struct {
	vertices []*vertex
	inputs   map[int64][]edge // By the output they lead to.
	records  []record
}

var _ onnx.Backend = (*backend)(nil)

// A vertex is a tensor.
type vertex struct {
	id   int64
	name string
}

func (v *vertex) ID() int64        { return v.id }
func (v *vertex) SetName(s string) { v.name = s }
func (v *vertex) GetName() string  { return v.name }

var _ onnx.Namer = (*vertex)(nil)

// An edge leads from an output to one of its inputs, as onnx-go has it.
type edge struct {
	from, to graph.Node
	weight   float64
}

func (e edge) From() graph.Node         { return e.from }
func (e edge) To() graph.Node           { return e.to }
func (e edge) ReversedEdge() graph.Edge { return edge{e.to, e.from, e.weight} }
func (e edge) Weight() float64          { return e.weight }

// ApplyOperation implements onnx.OperationCarrier.
func (b *backend) ApplyOperation(o onnx.Operation, outputs ...graph.Node) error {
	r := record{op: o.Name, attributes: o.Attributes, output: outputs[0].(*vertex).name}
	for _, e := range b.inputs[outputs[0].ID()] {
		r.inputs = append(r.inputs, e.to.(*vertex).name)
	}
	b.records = append(b.records, r)
	return nil
}

// NewNode implements graph.NodeAdder.
func (b *backend) NewNode() graph.Node { return &vertex{id: int64(len(b.vertices))} }

// AddNode implements graph.NodeAdder.
func (b *backend) AddNode(n graph.Node) { b.vertices = append(b.vertices, n.(*vertex)) }

// NewWeightedEdge implements graph.WeightedEdgeAdder.
func (b *backend) NewWeightedEdge(from, to graph.Node, weight float64) graph.WeightedEdge {
	return edge{from, to, weight}
}

// SetWeightedEdge implements graph.WeightedEdgeAdder.
func (b *backend) SetWeightedEdge(e graph.WeightedEdge) {
	from := e.From().ID()
	b.inputs[from] = append(b.inputs[from], e.(edge))
}

// Node implements graph.Graph.
func (b *backend) Node(id int64) graph.Node {
	if id < 0 || id >= int64(len(b.vertices)) {
		return nil
	}
	return b.vertices[id]
}

// Nodes implements graph.Graph.
func (b *backend) Nodes() graph.Nodes {
	nodes := make([]graph.Node, len(b.vertices))
	for i, v := range b.vertices {
		nodes[i] = v
	}
	return iterator.NewOrderedNodes(nodes)
}

// From implements graph.Graph: the inputs of an output.
func (b *backend) From(id int64) graph.Nodes {
	var nodes []graph.Node
	for _, e := range b.inputs[id] {
		nodes = append(nodes, e.to)
	}
	return iterator.NewOrderedNodes(nodes)
}

// To implements graph.Directed: the outputs that an input leads to.
func (b *backend) To(id int64) graph.Nodes {
	var nodes []graph.Node
	for _, v := range b.vertices {
		if b.HasEdgeFromTo(v.id, id) {
			nodes = append(nodes, v)
		}
	}
	return iterator.NewOrderedNodes(nodes)
}

// HasEdgeBetween implements graph.Graph.
func (b *backend) HasEdgeBetween(x, y int64) bool {
	return b.HasEdgeFromTo(x, y) || b.HasEdgeFromTo(y, x)
}

// HasEdgeFromTo implements graph.Directed.
func (b *backend) HasEdgeFromTo(u, v int64) bool { return b.Edge(u, v) != nil }

// Edge implements graph.Graph.
func (b *backend) Edge(u, v int64) graph.Edge {
	for _, e := range b.inputs[u] {
		if e.to.ID() == v {
			return e
		}
	}
	return nil
}
