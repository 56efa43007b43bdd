package importer

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"finetune/internal/onnxfile"
)

// maxHalf is the largest number of float16.
const maxHalf = 65504

// floatOnly are inputs that stay float whatever the type of the others.
var floatOnly = map[string]int{"Resize": 2, "Upsample": 1}

// halve makes weights and arithmetic float16, between a Cast behind the input
// and one before the output. Numbers are rounded to nearest; bounds of Clip
// beyond ±65504 become that, as other numbers beyond are refused.
func (m *Model) halve() error {
	v := m.graph
	for _, name := range slices.Sorted(maps.Keys(v.constants)) {
		if err := v.halveConstant(name); err != nil {
			return err
		}
	}
	for _, n := range m.file.Graph.Nodes {
		if err := halveAttributes(n); err != nil {
			return err
		}
	}
	m.file.Graph.ValueInfos = nil // They state the old type.
	m.castBorders()
	return nil
}

func (v *view) halveConstant(name string) error {
	t := v.constants[name]
	if t.Type != onnxfile.TypeFloat {
		return nil
	}
	values, err := t.Floats()
	if err != nil {
		return err
	}
	bound := true
	for _, n := range v.readers(name) {
		if i, ok := floatOnly[n.Op]; ok && i < len(n.Inputs) && n.Inputs[i] == name {
			return nil
		}
		bound = bound && (n.Op == "Clip" || n.Op == "Min" || n.Op == "Max")
	}
	for i, x := range values {
		if math.Abs(float64(x)) <= maxHalf || math.IsInf(float64(x), 0) {
			continue
		}
		if !bound || x != x {
			return fmt.Errorf("importer: float16: %q holds %v: %w, want at most ±%d (folding BatchNormalization may help)", name, x, ErrUnsupported, maxHalf)
		}
		values[i] = float32(math.Copysign(maxHalf, float64(x)))
	}
	v.set(name, func(t *onnxfile.Tensor) { t.SetHalves(t.Dims, values) })
	return nil
}

// halveAttributes changes the attributes of a node that state float.
func halveAttributes(n *onnxfile.Node) error {
	switch n.Op {
	case "Cast":
		if to := n.Attribute("to"); to != nil && to.Int == int64(onnxfile.TypeFloat) {
			n.SetAttribute(onnxfile.Int("to", int64(onnxfile.TypeFloat16)))
		}
	case "ConstantOfShape":
		a := n.Attribute("value")
		values := []float32{0}
		if a != nil {
			if a.Tensor.Type != onnxfile.TypeFloat {
				return nil
			}
			var err error
			if values, err = a.Tensor.Floats(); err != nil {
				return err
			}
		}
		t := &onnxfile.Tensor{}
		t.SetHalves([]int{len(values)}, values)
		n.SetAttribute(onnxfile.Value("value", t))
	}
	return nil
}

// castBorders puts a Cast behind the input and one before the output.
func (m *Model) castBorders() {
	v, input, output := m.graph, m.input.Name, m.head.output
	half := v.free(input + ".half")
	readers := v.readers(input)
	for _, n := range readers {
		n.SetInputs(renamed(n.Inputs, input, half)...)
	}
	v.before(readers[0], newNode("Cast", []string{input}, half, onnxfile.Int("to", int64(onnxfile.TypeFloat16))))

	last := v.producer[output]
	result := v.free(output + ".half")
	for _, n := range v.readers(output) {
		n.SetInputs(renamed(n.Inputs, output, result)...)
	}
	last.SetOutputs(renamed(last.Outputs, output, result)...)
	v.producer[result] = last
	v.before(nil, newNode("Cast", []string{result}, output, onnxfile.Int("to", int64(onnxfile.TypeFloat))))
}
