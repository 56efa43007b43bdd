package onnxfile

import "bytes"

// A Node is NodeProto.
type Node struct {
	Inputs, Outputs  []string // "" is an optional one that is missing.
	Name, Op, Domain string
	Attributes       []*Attribute

	encoded []byte
	rest    []unknown
}

// Label names the node in messages: by its name, or its first output.
func (n *Node) Label() string {
	if n.Name != "" || len(n.Outputs) == 0 {
		return n.Name
	}
	return n.Outputs[0]
}

func (n *Node) decode(encoded []byte) func(field) error {
	n.encoded = encoded
	return n.field
}

func (n *Node) field(f field) error {
	switch f.num {
	case 1:
		n.Inputs = append(n.Inputs, string(f.data))
		return nil
	case 2:
		n.Outputs = append(n.Outputs, string(f.data))
		return nil
	case 3:
		return f.str(&n.Name)
	case 4:
		return f.str(&n.Op)
	case 5:
		a, err := parseAttribute(f.data)
		n.Attributes = append(n.Attributes, a)
		return inside(err, "attribute[%d] %s", len(n.Attributes)-1, quote(a.Name))
	case 7:
		return f.str(&n.Domain)
	}
	n.rest = append(n.rest, f.unknown())
	return nil
}

// Attribute returns the attribute of that name, or nil.
func (n *Node) Attribute(name string) *Attribute {
	for _, a := range n.Attributes {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// SetInputs replaces the inputs.
func (n *Node) SetInputs(inputs ...string) { n.Inputs, n.encoded = inputs, nil }

// SetOutputs replaces the outputs.
func (n *Node) SetOutputs(outputs ...string) { n.Outputs, n.encoded = outputs, nil }

// SetAttribute adds or replaces an attribute.
func (n *Node) SetAttribute(a *Attribute) {
	n.RemoveAttribute(a.Name)
	n.Attributes = append(n.Attributes, a)
}

// RemoveAttribute removes the attribute of that name, if there is one.
func (n *Node) RemoveAttribute(name string) {
	var kept []*Attribute
	for _, a := range n.Attributes {
		if a.Name != name {
			kept = append(kept, a)
		}
	}
	n.Attributes, n.encoded = kept, nil
}

func (n *Node) pieces() [][]byte {
	if n.encoded != nil {
		return [][]byte{n.encoded}
	}
	var e encoder
	for _, s := range n.Inputs {
		e.str(1, s)
	}
	for _, s := range n.Outputs {
		e.str(2, s)
	}
	if n.Name != "" {
		e.str(3, n.Name)
	}
	e.str(4, n.Op)
	for _, a := range n.Attributes {
		e.message(5, [][]byte{a.encoded})
	}
	if n.Domain != "" {
		e.str(7, n.Domain)
	}
	e.rest(n.rest)
	return [][]byte{bytes.Join(e.pieces(), nil)}
}
