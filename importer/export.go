package importer

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"finetune/internal/onnxfile"
)

// WriteONNX writes the file that was loaded with the values of Params and
// Statistics and with the classifier as it is now. metadata is added to the
// file's own.
//
// Names, opset, doc strings and everything that this package does not know stay
// as they are. The output holds logits, which the metadata states as
// "output" = "logits"; its only fixed size is the number of classes. Elements
// of half or double precision become float. The same model and metadata give
// the same bytes.
//
// It is an error if the file was in another [Form].
func (m *Model) WriteONNX(w io.Writer, metadata map[string]string) error {
	if err := m.wantPlainForm(); err != nil {
		return err
	}
	for _, list := range [][]Tensor{m.Params, m.Statistics} {
		for _, p := range list {
			if len(p.Value) != product(p.Shape) {
				return fmt.Errorf("importer: write: %q has %d values, want %d for shape %v", p.Name, len(p.Value), product(p.Shape), p.Shape)
			}
			m.graph.set(p.Name, func(t *onnxfile.Tensor) { t.SetFloats(p.Shape, p.Value) })
		}
	}
	if err := m.graph.singlePrecision(); err != nil {
		return err
	}
	m.stateOutput()
	m.file.SetMetadata("output", "logits")
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		m.file.SetMetadata(key, metadata[key])
	}
	if _, err := m.file.WriteTo(w); err != nil {
		return fmt.Errorf("importer: write: %w", err)
	}
	return nil
}

// SetOutputDoc replaces the doc string of the output.
func (m *Model) SetOutputDoc(text string) {
	for _, v := range m.file.Graph.Outputs {
		v.SetDoc(text)
	}
}

// stateOutput sets the type of the output: [N, classes], or with axes of size
// 1 behind them if it had some.
func (m *Model) stateOutput() {
	for _, v := range m.file.Graph.Outputs {
		batch := onnxfile.Dim{Name: batchName}
		if m.input.HasShape {
			batch = m.input.Dims[0]
		}
		dims := []onnxfile.Dim{batch, {Size: int64(m.head.classes)}}
		for len(dims) < len(v.Dims) {
			dims = append(dims, onnxfile.Dim{Size: 1})
		}
		v.SetType(onnxfile.TypeFloat, dims...)
	}
}

// singlePrecision makes float of the other floating-point types.
func (v *view) singlePrecision() error {
	for _, name := range slices.Sorted(maps.Keys(v.constants)) {
		t := v.constants[name]
		if !t.Type.IsFloat() || t.Type == onnxfile.TypeFloat {
			continue
		}
		values, err := t.Floats()
		if err != nil {
			return fmt.Errorf("importer: write: %w", err)
		}
		v.set(name, func(t *onnxfile.Tensor) { t.SetFloats(t.Dims, values) })
	}
	g := v.file.Graph
	for _, list := range [][]*onnxfile.ValueInfo{g.Inputs, g.Outputs, g.ValueInfos} {
		for _, info := range list {
			if info.Type.IsFloat() && info.Type != onnxfile.TypeFloat {
				info.SetType(onnxfile.TypeFloat, info.Dims...)
			}
		}
	}
	for _, n := range g.Nodes {
		if to := n.Attribute("to"); n.Op == "Cast" && to != nil && onnxfile.DataType(to.Int).IsFloat() {
			n.SetAttribute(onnxfile.Int("to", int64(onnxfile.TypeFloat)))
		}
	}
	return nil
}
