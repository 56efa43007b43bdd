package importer

import (
	"slices"

	"finetune/internal/onnxfile"
)

// madeFactor is how many elements may be computed for the weights of a file, for
// each element of its initializers: some for every node of a standardization.
const madeFactor = 16

// foldMakers makes initializers of the weights that nodes make, in float64, and
// takes these nodes out.
func (m *Model) foldMakers() error {
	v := m.graph
	made := map[string]string{} // The initializer, by the tensor that makers give; "" for one that holds no floats.
	for _, n := range slices.Clone(v.file.Graph.Nodes) {
		if v.makers[n] {
			continue
		}
		for i, name := range n.Inputs {
			if from := v.producer[name]; from == nil || !v.makers[from] {
				continue
			}
			constant, done := made[name]
			if !done {
				var err error
				if constant, err = m.foldMade(name); err != nil {
					return err
				}
				made[name] = constant
			}
			if constant != "" {
				v.setInput(n, i, constant)
			}
		}
	}
	if len(made) > 0 {
		clear(v.shortcut)
		v.dropUnread()
	}
	return nil
}

// foldMade adds an initializer of what makers give, and returns its name; "" if
// that holds no floats.
func (m *Model) foldMade(name string) (string, error) {
	v := m.graph
	b, err := m.traced(1)
	if err != nil {
		return "", err
	}
	clear(b.values) // Parameters are the constants that they are in the file.
	for _, t := range v.file.Graph.Initializers {
		b.made += madeFactor * t.Len()
	}
	live := map[*onnxfile.Node]bool{}
	for _, n := range v.needed(name) {
		live[n] = true
	}
	for i, n := range m.nodes {
		if !live[n] {
			continue
		}
		if err := b.step(i); err != nil {
			return "", err
		}
	}
	x, err := b.value(name)
	if err != nil || x.kind != floating || x.constant == nil {
		return "", err
	}
	values, err := x.constant.values()
	if err != nil {
		return "", err
	}
	narrow := make([]float32, len(values))
	for i, value := range values {
		narrow[i] = float32(value)
	}
	t := &onnxfile.Tensor{Name: v.fresh(name)}
	t.SetFloats(x.constant.dims, narrow)
	v.add(t)
	return t.Name, nil
}
