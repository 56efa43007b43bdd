package importer

import (
	"math"
	"slices"

	"finetune/internal/onnxfile"
)

// foldBatchNorm multiplies each BatchNormalization into the Conv or Gemm before
// it, where nothing else reads that layer's output and its weight and bias are
// constants. With s = gamma/√(variance + epsilon), along the output channels
//
//	weight' = s·weight,  bias' = beta + s·(bias − mean)
//
// in float64. A BatchNormalization that follows something else stays.
func (m *Model) foldBatchNorm() {
	v := m.graph
	for _, bn := range slices.Clone(m.file.Graph.Nodes) {
		if bn.Op != "BatchNormalization" || !onnxfile.IsONNX(bn.Domain) || len(bn.Inputs) != 5 {
			continue
		}
		if layer := v.foldable(bn); layer != nil {
			v.fold(layer, bn)
		}
	}
	v.prune()
}

// foldable returns the layer that bn can be folded into, nil if there is none.
func (v *view) foldable(bn *onnxfile.Node) *onnxfile.Node {
	n := v.producer[bn.Inputs[0]]
	if n == nil || n.Op != "Conv" && n.Op != "Gemm" || v.uses(n.Outputs[0]) != 1 {
		return nil
	}
	_, weight := v.floats(n, 1)
	if weight == nil || len(weight.Dims) < 2 {
		return nil
	}
	channels := weight.Dims[v.channelAxis(n)]
	if len(n.Inputs) > 2 && n.Inputs[2] != "" {
		if _, bias := v.floats(n, 2); bias == nil || bias.Len() != channels {
			return nil
		}
	}
	for i := 1; i < 5; i++ {
		if _, t := v.floats(bn, i); t == nil || t.Len() != channels {
			return nil
		}
	}
	return n
}

// channelAxis returns the axis of a layer's weight that counts its outputs.
func (v *view) channelAxis(n *onnxfile.Node) int {
	if a := n.Attribute("transB"); n.Op == "MatMul" || n.Op == "Gemm" && (a == nil || a.Int == 0) {
		return 1
	}
	return 0
}

// fold multiplies bn into a layer, which takes over its output. Its bias, where
// it had none, takes the name of beta.
func (v *view) fold(layer, bn *onnxfile.Node) {
	weightName, weight := v.floats(layer, 1)
	axis := v.channelAxis(layer)
	channels := weight.Dims[axis]
	gamma, beta, mean, variance := v.wide(bn, 1), v.wide(bn, 2), v.wide(bn, 3), v.wide(bn, 4)
	epsilon := 1e-5
	if a := bn.Attribute("epsilon"); a != nil {
		epsilon = float64(a.Float)
	}
	bias, biasName := make([]float64, channels), bn.Inputs[2]
	if len(layer.Inputs) > 2 && layer.Inputs[2] != "" {
		bias = v.wide(layer, 2)
		biasName, _ = v.floats(layer, 2)
		if a := layer.Attribute("beta"); layer.Op == "Gemm" && a != nil {
			for c := range bias {
				bias[c] *= float64(a.Float)
			}
		}
	}
	layer.RemoveAttribute("beta")
	values, inner := v.wide(layer, 1), product(weight.Dims[axis+1:])
	folded, foldedBias := make([]float32, len(values)), make([]float32, channels)
	scale := make([]float64, channels)
	for c := range scale {
		scale[c] = gamma[c] / math.Sqrt(variance[c]+epsilon)
		foldedBias[c] = float32(beta[c] + scale[c]*(bias[c]-mean[c]))
	}
	for i, w := range values {
		folded[i] = float32(w * scale[i/inner%channels])
	}
	inputs := []string{layer.Inputs[0], v.replaceFloats(weightName, weight.Dims, folded), v.replaceFloats(biasName, []int{channels}, foldedBias)}
	v.remove(bn)
	layer.SetInputs(inputs...)
	delete(v.producer, layer.Outputs[0])
	v.dropType(layer.Outputs[0])
	layer.SetOutputs(bn.Outputs[0])
	v.producer[bn.Outputs[0]] = layer
}

// wide returns constant input i of n in float64; its shape is known to fit.
func (v *view) wide(n *onnxfile.Node, i int) []float64 {
	_, t := v.floats(n, i)
	values, err := t.Floats()
	if err != nil {
		panic(err) // floats returns tensors of a floating-point type.
	}
	wide := make([]float64, len(values))
	for j, x := range values {
		wide[j] = float64(x)
	}
	return wide
}

// replaceFloats gives a constant a new value, and returns its name. One that
// others read too keeps its value, and the new one gets a fresh name.
func (v *view) replaceFloats(name string, dims []int, values []float32) string {
	if v.constants[name] != nil && v.uses(name) == 1 {
		v.set(name, func(t *onnxfile.Tensor) { t.SetFloats(dims, values) })
		return name
	}
	t := &onnxfile.Tensor{Name: v.fresh(name)}
	t.SetFloats(dims, values)
	v.add(t)
	return t.Name
}

// dropType removes what the file says of the type of a tensor inside.
func (v *view) dropType(name string) {
	g := v.file.Graph
	g.ValueInfos = slices.DeleteFunc(g.ValueInfos, func(info *onnxfile.ValueInfo) bool { return info.Name == name })
}
