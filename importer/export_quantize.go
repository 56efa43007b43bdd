package importer

import (
	"fmt"
	"math"
	"slices"

	"finetune/internal/onnxfile"
)

// quantizeOpset is the first opset whose DequantizeLinear has a scale for each
// channel.
const quantizeOpset = 13

// Ranges are the smallest and the largest value of tensors inside of a model,
// by name.
type Ranges map[string][2]float32

// QuantizedTensors returns the names of the tensors that Form.Quantize wants
// ranges of, in graph order: what Conv, Gemm and MatMul with constant weights
// read, and what they give, behind an activation that alone reads it. The logits
// are not among them. BatchNormalization is to be folded before.
func (m *Model) QuantizedTensors() []string {
	v := m.graph
	var names []string
	add := func(name string) {
		if name != m.head.output && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, n := range v.file.Graph.Nodes {
		if !v.quantizable(n) {
			continue
		}
		add(n.Inputs[0])
		if !m.head.has(n) {
			add(v.activated(n.Outputs[0]))
		}
	}
	return names
}

// quantizable reports whether a node is a layer with a constant weight whose
// quantized form is defined.
func (v *view) quantizable(n *onnxfile.Node) bool {
	_, weight := v.floats(n, 1)
	if weight == nil || v.constants[v.resolve(n.Inputs[0])] != nil {
		return false
	}
	is := func(name string, want float32) bool {
		a := n.Attribute(name)
		return a == nil || a.Type == onnxfile.AttributeFloat && a.Float == want || a.Type == onnxfile.AttributeInt && float32(a.Int) == want
	}
	switch n.Op {
	case "Conv":
		return len(weight.Dims) > 2
	case "Gemm":
		return len(weight.Dims) == 2 && is("alpha", 1) && is("beta", 1) && is("transA", 0)
	case "MatMul":
		return len(weight.Dims) == 2
	}
	return false
}

// activated returns the output of the Relu or Clip that alone reads name, or
// name itself.
func (v *view) activated(name string) string {
	if readers := v.readers(name); len(readers) == 1 && v.uses(name) == 1 && (readers[0].Op == "Relu" || readers[0].Op == "Clip") {
		return readers[0].Outputs[0]
	}
	return name
}

// A grid is the 8-bit integers of a tensor: x ≈ scale·(q − zero).
type grid struct {
	scale float32
	zero  int64
}

// activationGrid returns the uint8 grid of a range, widened to hold 0 exactly.
func activationGrid(r [2]float32) grid {
	lo, hi := min(float64(r[0]), 0), max(float64(r[1]), 0)
	scale := float32((hi - lo) / 255)
	if !(scale > 0) {
		return grid{1, 0}
	}
	return grid{scale, int64(math.RoundToEven(-lo * 255 / (hi - lo)))}
}

// weightLevels is the largest weight on its int8 grid: with 7 bits, so that
// sums of two products with uint8 fit into 16 bits, as processors without VNNI
// keep them (docs/decisions/export.md).
const weightLevels = 64

// quantize puts the model into QDQ form: QuantizeLinear and DequantizeLinear on
// the tensors of QuantizedTensors, and DequantizeLinear on int8 weights and
// int32 biases.
func (m *Model) quantize(ranges Ranges) error {
	v := m.graph
	grids := map[string]grid{}
	names := m.QuantizedTensors()
	for _, name := range names {
		r, ok := ranges[name]
		if !ok || !(r[0] <= r[1]) || math.IsInf(float64(r[1]-r[0]), 0) {
			return fmt.Errorf("importer: quantize: the range of %q is %v, want two finite numbers in order", name, r)
		}
		grids[name] = activationGrid(r)
	}
	var layers []*onnxfile.Node
	for _, n := range v.file.Graph.Nodes {
		if v.quantizable(n) {
			layers = append(layers, n)
		}
	}
	for _, n := range layers {
		if err := v.quantizeLayer(n, grids[n.Inputs[0]].scale); err != nil {
			return err
		}
	}
	for _, name := range names {
		v.quantizeTensor(name, grids[name])
	}
	m.file.Graph.ValueInfos = nil // Of the tensors between the pairs too.
	v.prune()
	return nil
}

// quantizeLayer makes weight and bias of a layer integers.
func (v *view) quantizeLayer(n *onnxfile.Node, inputScale float32) error {
	name, weight := v.floats(n, 1)
	values, err := weight.Floats()
	if err != nil {
		return err
	}
	axis := v.channelAxis(n)
	channels, inner := weight.Dims[axis], product(weight.Dims[axis+1:])
	largest := make([]float64, channels)
	for i, w := range values {
		c := i / inner % channels
		largest[c] = max(largest[c], math.Abs(float64(w)))
	}
	var bias []float32
	if len(n.Inputs) > 2 && n.Inputs[2] != "" {
		if _, t := v.floats(n, 2); t == nil || t.Len() != channels {
			return nil // It stays as it is, in float.
		} else if bias, err = t.Floats(); err != nil {
			return err
		}
	}
	scales := make([]float32, channels)
	for c := range scales {
		scales[c] = float32(largest[c] / weightLevels)
		if bias != nil { // The bias has to fit into 31 bits.
			scales[c] = max(scales[c], float32(math.Abs(float64(bias[c]))/float64(inputScale)/(1<<30)))
		}
		if !(scales[c] > 0) {
			scales[c] = 1
		}
	}
	integers := make([]int64, len(values))
	for i, w := range values {
		integers[i] = int64(math.RoundToEven(float64(w) / float64(scales[i/inner%channels])))
	}
	inputs := slices.Clone(n.Inputs)
	inputs[1] = v.dequantized(n, name, onnxfile.TypeInt8, weight.Dims, axis, scales, integers)
	if bias != nil {
		biasName, _ := v.floats(n, 2)
		sums, biasScales := make([]int64, channels), make([]float32, channels)
		for c, b := range bias {
			biasScales[c] = inputScale * scales[c]
			sums[c] = int64(math.RoundToEven(float64(b) / float64(biasScales[c])))
		}
		inputs[2] = v.dequantized(n, biasName, onnxfile.TypeInt32, []int{channels}, 0, biasScales, sums)
	}
	n.SetInputs(inputs...)
	return nil
}

// dequantized adds integers with a scale for each channel, and DequantizeLinear
// of them before n. It returns the name of the numbers.
func (v *view) dequantized(n *onnxfile.Node, name string, typ onnxfile.DataType, dims []int, axis int, scales []float32, values []int64) string {
	q := &onnxfile.Tensor{Name: v.free(name + ".quantized")}
	q.SetIntegers(typ, dims, values...)
	scale := &onnxfile.Tensor{Name: v.free(name + ".scale")}
	scale.SetFloats([]int{len(scales)}, scales)
	zero := &onnxfile.Tensor{Name: v.free(name + ".zero")}
	zero.SetIntegers(typ, []int{len(scales)}, make([]int64, len(scales))...)
	for _, t := range []*onnxfile.Tensor{q, scale, zero} {
		v.add(t)
	}
	out := v.free(name + ".dequantized")
	v.before(n, newNode("DequantizeLinear", []string{q.Name, scale.Name, zero.Name}, out, onnxfile.Int("axis", int64(axis))))
	return out
}

// quantizeTensor puts a pair of QuantizeLinear and DequantizeLinear between a
// tensor and all that reads it.
func (v *view) quantizeTensor(name string, g grid) {
	scale := &onnxfile.Tensor{Name: v.free(name + ".scale")}
	scale.SetFloats(nil, []float32{g.scale})
	zero := &onnxfile.Tensor{Name: v.free(name + ".zero")}
	zero.SetIntegers(onnxfile.TypeUint8, nil, g.zero)
	v.add(scale)
	v.add(zero)
	readers := v.readers(name)
	if len(readers) == 0 {
		return
	}
	quantized, out := v.free(name+".quantized"), v.free(name+".dequantized")
	for _, n := range readers {
		n.SetInputs(renamed(n.Inputs, name, out)...)
	}
	v.before(readers[0],
		newNode("QuantizeLinear", []string{name, scale.Name, zero.Name}, quantized),
		newNode("DequantizeLinear", []string{quantized, scale.Name, zero.Name}, out))
}
