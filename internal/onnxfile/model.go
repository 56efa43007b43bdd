package onnxfile

import (
	"fmt"
	"strings"
)

// A Model is an ONNX file, ModelProto.
type Model struct {
	IRVersion int64
	Producer  string // producer_name and producer_version.
	Opsets    []Opset
	Metadata  []Entry // metadata_props.
	Graph     *Graph

	rest []unknown
}

// An Opset is a version of a set of operators. The domain of ONNX's own
// operators is "".
type Opset struct {
	Domain  string
	Version int64
}

// An Entry is a pair of metadata.
type Entry struct{ Key, Value string }

// Parse checks and decodes a file. The model refers to data, which must not
// change.
//
// Besides what it keeps of data, Parse needs at most 64 MiB. Its errors are of
// type *FormatError.
func Parse(data []byte) (*Model, error) {
	m, err := decode(data)
	if err != nil {
		return nil, err
	}
	for i, t := range m.Graph.Initializers {
		if err := t.refuseExternal(); err != nil {
			return nil, inside(inside(err, "initializer[%d] %s", i, quote(t.Name)), "graph")
		}
	}
	if err := m.Graph.check(); err != nil {
		return nil, inside(err, "graph")
	}
	return m, nil
}

// decode decodes a file, and does not look at how its parts fit together.
func decode(data []byte) (*Model, error) {
	if err := scan(data); err != nil {
		return nil, inside(err, "%s", "")
	}
	m := new(Model)
	if err := fields(data, m.field); err != nil {
		return nil, inside(err, "%s", "")
	}
	if m.Graph == nil {
		return nil, &FormatError{Err: fmt.Errorf("%w: the file has no graph, want an ONNX model", ErrMalformed)}
	}
	return m, nil
}

func (m *Model) field(f field) (err error) {
	switch f.num {
	case 1:
		return f.integer(&m.IRVersion)
	case 2, 3:
		m.Producer = strings.TrimSpace(m.Producer + " " + string(f.data))
	case 7:
		if m.Graph != nil {
			return fmt.Errorf("%w: a second graph", ErrMalformed)
		}
		m.Graph = new(Graph)
		return inside(fields(f.data, m.Graph.field), "graph")
	case 8:
		var o Opset
		err = fields(f.data, o.field)
		m.Opsets = append(m.Opsets, o)
		return inside(err, "opset_import[%d]", len(m.Opsets)-1)
	case 14:
		var e Entry
		err = fields(f.data, e.field)
		m.Metadata = append(m.Metadata, e)
		return inside(err, "metadata_props[%d]", len(m.Metadata)-1)
	}
	m.rest = append(m.rest, f.unknown())
	return nil
}

func (o *Opset) field(f field) error {
	switch f.num {
	case 1:
		return f.str(&o.Domain)
	case 2:
		return f.integer(&o.Version)
	}
	return nil
}

func (e *Entry) field(f field) error {
	switch f.num {
	case 1:
		return f.str(&e.Key)
	case 2:
		return f.str(&e.Value)
	}
	return nil
}

// OpsetVersion returns the version of ONNX's own operators, 0 if the file
// names none.
func (m *Model) OpsetVersion() int64 {
	for _, o := range m.Opsets {
		if IsONNX(o.Domain) {
			return o.Version
		}
	}
	return 0
}

// IsONNX reports whether domain is the one of ONNX's own operators.
func IsONNX(domain string) bool { return domain == "" || domain == "ai.onnx" }

func (m *Model) pieces() [][]byte {
	var e encoder
	e.integer(1, m.IRVersion)
	e.message(7, m.Graph.pieces())
	for _, o := range m.Opsets {
		var child encoder
		child.str(1, o.Domain)
		child.integer(2, o.Version)
		e.message(8, child.pieces())
	}
	for _, entry := range m.Metadata {
		var child encoder
		child.str(1, entry.Key)
		child.str(2, entry.Value)
		e.message(14, child.pieces())
	}
	e.rest(m.rest)
	return e.pieces()
}

// SetMetadata adds or replaces a pair of metadata.
func (m *Model) SetMetadata(key, value string) {
	for i := range m.Metadata {
		if m.Metadata[i].Key == key {
			m.Metadata[i].Value = value
			return
		}
	}
	m.Metadata = append(m.Metadata, Entry{key, value})
}
