package importer

import (
	"fmt"

	"finetune/internal/onnxfile"
)

// readForm undoes what Form.Preprocess and Form.Quantize did to a file, so that
// the model reads normalized images and gives logits.
func (m *Model) readForm() error {
	if err := m.readPreprocessed(); err != nil {
		return err
	}
	var err error
	m.quantized, err = m.graph.readQuantized()
	return err
}

// readPreprocessed takes preprocessing out of a file that has its own: the
// input is again what that gives, and callers preprocess.
func (m *Model) readPreprocessed() error {
	name, ok := m.Metadata[metaPreprocessed]
	if !ok {
		return nil
	}
	v, g := m.graph, m.file.Graph
	if v.producer[name] == nil || len(g.Inputs) == 0 {
		return fmt.Errorf("importer: %w: metadata %s is %q, and no node gives that", ErrFormat, metaPreprocessed, name)
	}
	m.images = g.Inputs[0].Name
	for _, n := range v.needed(name) {
		for _, input := range n.Inputs {
			if v.producer[input] == nil && v.constants[input] == nil && input != "" {
				m.images = input
			}
		}
	}
	for _, n := range v.needed(name) {
		v.remove(n)
	}
	g.Inputs = append(g.Inputs, onnxfile.NewName(name))
	m.preprocessed = true
	return nil
}

// Preprocesses reports whether the file preprocesses images itself: then it
// reads them as uint8 [N,H,W,3] and gives probabilities. The Model does neither.
func (m *Model) Preprocesses() bool { return m.preprocessed }

// Ends returns the names of the input and the output of the file.
func (m *Model) Ends() (input, output string) {
	if m.preprocessed {
		return m.images, m.head.output
	}
	return m.input.Name, m.head.output
}

// Quantized reports whether the file is in QDQ form. Such a Model can be
// evaluated, not trained or written.
func (m *Model) Quantized() bool { return m.quantized }

// wantPlainForm refuses a model whose file was changed to be read.
func (m *Model) wantPlainForm() error {
	switch {
	case m.quantized:
		return fmt.Errorf("importer: write: the file is quantized: %w, want the one that it was made of", ErrUnsupported)
	case m.preprocessed:
		return fmt.Errorf("importer: write: the file preprocesses images itself: %w, want the one that it was made of", ErrUnsupported)
	}
	return nil
}

// beforeCast returns what a Cast that gives name casts, name itself if none
// gives it.
func (v *view) beforeCast(name string) string {
	if n := v.producer[name]; n != nil && n.Op == "Cast" {
		return n.Inputs[0]
	}
	return name
}
