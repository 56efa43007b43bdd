package importer

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"finetune/internal/onnxfile"

	G "gorgonia.org/gorgonia"
)

// standardized is a model whose convolution reads a weight that nodes make of
// "v", and of "g" or "gain", and the weight that they make.
type standardized struct {
	spec
	params []string                       // What training moves, in order.
	weight func(v, g []float64) []float64 // Of the convolution.
}

// made replaces the Conv of a model by nodes, which make "made" of initializers,
// and a Conv that reads it.
func made(opset int64, nodes []*onnxfile.Node, tensors ...*onnxfile.Tensor) spec {
	s := heads["Gemm"]
	s.opset = opset
	s.nodes = slices.Concat(nodes, []*onnxfile.Node{makeNode("Conv", "images made", "conv")}, s.nodes[1:])
	s.tensors = slices.Concat(tensors, s.tensors[1:])
	return s
}

// constantFloats is a Constant node, as TorchScript writes what it computes.
func constantFloats(name string, values ...float32) *onnxfile.Node {
	t := new(onnxfile.Tensor)
	t.SetFloats([]int{len(values)}, values)
	return &onnxfile.Node{Op: "Constant", Name: name, Outputs: []string{name}, Attributes: []*onnxfile.Attribute{onnxfile.Value("value", t)}}
}

const madeEpsilon = 1e-3

// standardization returns gain·(v − mean)/√(variance + epsilon) of each of four
// rows.
func standardization(v, gain []float64) []float64 {
	out := slices.Clone(v)
	size := len(v) / 4
	for c := range 4 {
		row := out[c*size : (c+1)*size]
		mean, variance := 0.0, 0.0
		for _, x := range row {
			mean += x / float64(size)
		}
		for _, x := range row {
			variance += (x - mean) * (x - mean) / float64(size)
		}
		for i, x := range row {
			row[i] = gain[c] * (x - mean) / math.Sqrt(variance+madeEpsilon)
		}
	}
	return out
}

// standardizations are models whose weight is standardized or normalized by
// nodes, as PyTorch's exporters write it.
func standardizations() map[string]standardized {
	gain := func(dims ...int) *onnxfile.Tensor {
		t := &onnxfile.Tensor{Name: "gain"}
		t.SetFloats(dims, []float32{0.5, 1.5, -1, 2})
		return t
	}
	doubled := func(v, g []float64) []float64 {
		twice := make([]float64, len(g))
		for i := range g {
			twice[i] = 2 * g[i]
		}
		return standardization(v, twice)
	}
	epsilon := onnxfile.Float("epsilon", madeEpsilon)
	matrix, back, line := ints("matrix", 1, 4, -1), ints("back", 4, 3, 3, 3), ints("line", -1)
	training := []*onnxfile.Attribute{epsilon, onnxfile.Int("training_mode", 1)}
	var rows []float32 // The weight again, transposed, as TorchScript leaves it when it folds.
	v := floats("v", 4, 3, 3, 3)
	values, _ := v.Floats()
	for i := range 27 {
		for c := range 4 {
			rows = append(rows, values[c*27+i])
		}
	}
	copied := &onnxfile.Tensor{Name: "v.transposed"}
	copied.SetFloats([]int{1, 27, 4}, rows)
	folded := &onnxfile.Tensor{Name: "v"}
	folded.SetFloats([]int{1, 4, 27}, values)
	norm := func(v, g []float64) []float64 {
		out := slices.Clone(v)
		for c := range 4 {
			squares := 0.0
			for _, x := range v[c*27 : (c+1)*27] {
				squares += x * x
			}
			for i := range 27 {
				out[c*27+i] *= g[c] / math.Sqrt(squares)
			}
		}
		return out
	}
	return map[string]standardized{
		"TorchScript": {made(17, []*onnxfile.Node{
			makeNode("Reshape", "v matrix", "row"), constantFloats("two", 2), constantFloats("zeros", 0, 0, 0, 0),
			makeNode("Mul", "gain two", "scaled"), makeNode("Reshape", "scaled line", "scale"),
			makeNode("Transpose", "row", "turned", onnxfile.Ints("perm", 0, 2, 1)),
			makeNode("ReduceMean", "turned", "mean", onnxfile.Ints("axes", 0, 1), onnxfile.Int("keepdims", 0)),
			makeNode("Sub", "turned mean", "centered"), makeNode("Mul", "centered centered", "squares"),
			makeNode("ReduceMean", "squares", "variance", onnxfile.Ints("axes", 0, 1), onnxfile.Int("keepdims", 0)),
			{Op: "BatchNormalization", Name: "bn", Inputs: []string{"row", "scale", "zeros", "mean", "variance"}, Outputs: []string{"normal", "m", "s"}, Attributes: training},
			makeNode("Shape", "v", "shape"), makeNode("Reshape", "normal shape", "made"),
		}, v, gain(4, 1, 1, 1), matrix, line), []string{"v", "gain", "fc.w", "fc.b"}, doubled},
		"TorchScript, folded": {made(14, []*onnxfile.Node{
			constantFloats("zeros", 0, 0, 0, 0),
			makeNode("ReduceMean", "v.transposed", "mean", onnxfile.Ints("axes", 0, 1), onnxfile.Int("keepdims", 0)),
			makeNode("Sub", "v.transposed mean", "centered"), makeNode("Mul", "centered centered", "squares"),
			makeNode("ReduceMean", "squares", "variance", onnxfile.Ints("axes", 0, 1), onnxfile.Int("keepdims", 0)),
			{Op: "BatchNormalization", Name: "bn", Inputs: []string{"v", "gain", "zeros", "mean", "variance"}, Outputs: []string{"normal", "m", "s"}, Attributes: training},
			makeNode("Reshape", "normal back", "made"),
		}, folded, copied, gain(4), back), []string{"v", "gain", "fc.w", "fc.b"}, standardization},
		"dynamo": {made(18, []*onnxfile.Node{
			makeNode("ReduceMean", "v axes", "mean", onnxfile.Int("keepdims", 0)), makeNode("ReduceMean", "v axes", "kept"),
			makeNode("Sub", "v kept", "centered"), makeNode("Mul", "centered centered", "squares"),
			makeNode("ReduceMean", "squares axes", "variance", onnxfile.Int("keepdims", 0)),
			makeNode("BatchNormalization", "v gain zeros mean variance", "normal", epsilon), makeNode("Reshape", "normal back", "made"),
		}, folded, gain(4), back, ints("axes", 0, 2), scales("zeros", 0, 0, 0, 0)), []string{"v", "gain", "fc.w", "fc.b"}, standardization},
		"weight normalization": {made(13, []*onnxfile.Node{
			makeNode("ReduceL2", "v", "norm", onnxfile.Ints("axes", 1, 2, 3)), makeNode("Div", "v norm", "unit"), makeNode("Mul", "unit gain", "made"),
		}, v, gain(4, 1, 1, 1)), []string{"v", "gain", "fc.w", "fc.b"}, norm},
	}
}

// TestWeightsThatNodesMake trains what weights are made of: the logits are those
// of a convolution with the weight that the formula gives, in every mode, and the
// gradients are finite differences of the loss.
func TestWeightsThatNodesMake(t *testing.T) {
	plain, err := Load(heads["Gemm"].bytes())
	if err != nil {
		t.Fatal(err)
	}
	images := ramp(2 * 3 * 8 * 8)
	for name, c := range standardizations() {
		t.Run(name, func(t *testing.T) {
			m, err := Load(c.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if got := tensorNames(m.Params); !slices.Equal(got, c.params) || len(m.Statistics) > 0 {
				t.Fatalf("parameters %q and %d statistics, want %q and none", got, len(m.Statistics), c.params)
			}
			weight := &plain.Params[0]
			for i, x := range c.weight(float64s(m.Params[0].Value), float64s(m.Params[1].Value)) {
				weight.Value[i] = float32(x)
			}
			want := logits(t, plain, BuildOptions{Batch: 2}, images)
			for _, mode := range []Mode{Evaluate, TrainFrozen, TrainBatch} {
				if d := difference(logits(t, m, BuildOptions{Batch: 2, Mode: mode}, images), want); !(d <= 1e-5) {
					t.Errorf("mode %d: logits differ by %v of the largest", mode, d)
				}
			}
			checkDifferences(t, m)
		})
	}
}

// checkDifferences compares gradients of the first two parameters, in a graph of
// float64, with central differences of the loss.
func checkDifferences(t *testing.T, m *Model) {
	t.Helper()
	g, err := m.Build(BuildOptions{Batch: 2, Mode: TrainFrozen, Loss: true, Float64: true})
	if err != nil {
		t.Fatal(err)
	}
	grads, err := G.Grad(g.Loss, g.Params...)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]G.Value, 2)
	for i := range values {
		G.Read(grads[i], &values[i])
	}
	lossOf(t, m, g)
	loss := func() float64 {
		g, err := m.Build(BuildOptions{Batch: 2, Mode: TrainFrozen, Loss: true, Float64: true})
		if err != nil {
			t.Fatal(err)
		}
		return lossOf(t, m, g)
	}
	const step = 1.0 / 256 // Exact beside the parameters in float32.
	for i, v := range values {
		p := m.Params[i]
		got := v.Data().([]float64)
		for _, at := range []int{0, 1, len(got) / 2, len(got) - 1} {
			x := p.Value[at]
			p.Value[at] = x + step
			up, above := loss(), float64(p.Value[at])
			p.Value[at] = x - step
			slope := (up - loss()) / (above - float64(p.Value[at]))
			p.Value[at] = x
			if !(math.Abs(got[at]-slope) <= 1e-4*math.Abs(slope)+1e-6) {
				t.Errorf("gradient of %q at %d is %v, differences of the loss %v", p.Name, at, got[at], slope)
			}
		}
	}
}

// TestWeightsThatNodesMakeWritten writes them with other values, reads them back,
// and folds them into constants.
func TestWeightsThatNodesMakeWritten(t *testing.T) {
	images := ramp(2 * 3 * 8 * 8)
	for name, c := range standardizations() {
		t.Run(name, func(t *testing.T) {
			m, err := Load(c.bytes())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range m.Params {
				for i := range p.Value {
					p.Value[i] += float32(i%5) / 8
				}
			}
			written := readBack(t, m, 5)
			if got := tensorNames(written.Params); !slices.Equal(got, c.params) {
				t.Errorf("parameters of the written model %q, want %q", got, c.params)
			}
			want := logits(t, m, BuildOptions{Batch: 2}, images)
			for _, f := range []Form{{FoldBatchNorm: true}, {Half: true}} {
				file, converted := mustConvert(t, write(t, m), f)
				if d := difference(logits(t, converted, BuildOptions{Batch: 2}, images), want); !(d <= map[bool]float64{false: 1e-6, true: 5e-3}[f.Half]) {
					t.Errorf("%+v: logits differ by %v of the largest", f, d)
				}
				ops := map[bool]string{false: "Conv GlobalAveragePool Flatten Gemm", true: "Cast Conv GlobalAveragePool Flatten Gemm Cast"}[f.Half]
				if got := operators(file); got != ops {
					t.Errorf("%+v: operators %s, want %s", f, got, ops)
				}
			}
			ranges := rangesOf(t, m, []string{"images", "conv", "flat"}, images)
			if file, _ := mustConvert(t, write(t, m), Form{FoldBatchNorm: true, Quantize: ranges}); !slices.Contains(quantizedWeights(t, file), "conv") {
				t.Error("the weight that nodes made is not quantized")
			}
		})
	}
}

// quantizedWeights returns the outputs of the layers whose weights are
// dequantized.
func quantizedWeights(t *testing.T, file []byte) (outputs []string) {
	t.Helper()
	m, err := onnxfile.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	dequantized := map[string]bool{}
	for _, n := range m.Graph.Nodes {
		if n.Op == "DequantizeLinear" {
			dequantized[n.Outputs[0]] = true
		} else if len(n.Inputs) > 1 && dequantized[n.Inputs[1]] {
			outputs = append(outputs, n.Outputs[0])
		}
	}
	return outputs
}

// TestWhatMakesNoWeight leaves constants that only look like what weights are made of.
func TestWhatMakesNoWeight(t *testing.T) {
	mask := scales("mask", 0, 1, 1, 1)
	mask.SetFloats([]int{4, 1, 1, 1}, []float32{0, 1, 1, 1})
	power := []*onnxfile.Node{
		makeNode("Reshape", "v matrix", "rows"), makeNode("MatMul", "rows right", "u"), makeNode("MatMul", "left u", "sigma"), makeNode("Div", "v sigma", "made"),
	}
	for name, c := range map[string]struct {
		spec
		params []string
	}{
		"a mask":               {made(13, []*onnxfile.Node{makeNode("Mul", "v mask", "made")}, floats("v", 4, 3, 3, 3), mask), []string{"v", "fc.w", "fc.b"}},
		"one number":           {made(13, []*onnxfile.Node{makeNode("Mul", "v one", "made")}, floats("v", 4, 3, 3, 3), scales("one", 3)), []string{"v", "fc.w", "fc.b"}},
		"a blur":               {made(13, []*onnxfile.Node{makeNode("Tile", "v times", "made")}, floats("v", 1, 3, 3, 3), ints("times", 4, 1, 1, 1)), []string{"fc.w", "fc.b"}},
		"spectral vectors":     {made(13, power, floats("v", 4, 3, 3, 3), ints("matrix", 4, -1), floats("right", 27), floats("left", 4)), []string{"v", "fc.w", "fc.b"}},
		"a scale that is none": {made(13, []*onnxfile.Node{makeNode("Reshape", "v matrix", "rows"), makeNode("InstanceNormalization", "rows ones zeros", "normal"), makeNode("Reshape", "normal back", "made")}, floats("v", 4, 3, 3, 3), ints("matrix", 1, 4, -1), ints("back", 4, 3, 3, 3), scales("ones", 1, 1, 1, 1), scales("zeros", 0, 0, 0, 0)), []string{"rows", "fc.w", "fc.b"}},
	} {
		m, err := Load(c.bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := tensorNames(m.Params); !slices.Equal(got, c.params) {
			t.Errorf("%s: parameters %q, want %q", name, got, c.params)
		}
		if _, err := m.Build(BuildOptions{Batch: 1, Loss: true}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGainsThatWereMerged gives each weight its own gain where an exporter merged
// equal ones, also with the shift of zeros that a normalization has.
func TestGainsThatWereMerged(t *testing.T) {
	var nodes []*onnxfile.Node
	var tensors []*onnxfile.Tensor
	x := "images"
	for i := range 2 {
		at := func(name string) string { return fmt.Sprint(name, i) }
		nodes = append(nodes, makeNode("Reshape", at("v")+" matrix", at("row")),
			makeNode("InstanceNormalization", at("row")+" zeros zeros", at("normal")), makeNode("Reshape", at("normal")+" "+at("back"), at("made")),
			makeNode("Conv", x+" "+at("made"), at("conv")))
		x = at("conv")
		channels := []int{3, 4}[i]
		tensors = append(tensors, floats(at("v"), 4, channels, 3, 3), ints(at("back"), 4, int64(channels), 3, 3))
	}
	s := heads["Gemm"]
	s.nodes = slices.Concat(nodes, []*onnxfile.Node{makeNode("GlobalAveragePool", x, "pool")}, s.nodes[2:])
	s.tensors = slices.Concat(tensors, s.tensors[1:], []*onnxfile.Tensor{ints("matrix", 1, 4, -1), scales("zeros", 0, 0, 0, 0)})
	m, err := Load(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(m.Params); got != 6 {
		t.Fatalf("parameters %q, want two weights with a gain each, and the head", tensorNames(m.Params))
	}
	for _, p := range m.Params {
		if len(p.Shape) == 1 && p.Shape[0] == 4 {
			copy(p.Value, []float32{1, 2, 3, 4})
		}
	}
	zero := logits(t, m, BuildOptions{Batch: 1}, make([]float32, 3*8*8))
	bias := m.Params[len(m.Params)-1].Value
	if !slices.Equal(zero, bias) {
		t.Errorf("logits of black images %v, want the bias %v", zero, bias)
	}
	flat := make([]float32, 3*8*8)
	for i := range flat {
		flat[i] = 1
	}
	// Weights of mean 0 do not see a flat image, whatever their gains: a gain in the place of a shift would show.
	if d := difference(logits(t, m, BuildOptions{Batch: 1}, flat), bias); !(d <= 1e-4) {
		t.Errorf("logits of a flat image differ from the bias by %v", d)
	}
}

// TestTrainedNormOfManyWeights refuses what is no standardization of one weight.
func TestTrainedNormOfManyWeights(t *testing.T) {
	bn := &onnxfile.Node{Op: "BatchNormalization", Name: "bn", Inputs: []string{"v", "gain", "gain", "gain", "gain"}, Outputs: []string{"made"},
		Attributes: []*onnxfile.Attribute{onnxfile.Int("training_mode", 1)}}
	_, err := Load(made(15, []*onnxfile.Node{bn}, floats("v", 4, 3, 3, 3), scales("gain", 1, 2, 3)).bytes())
	want := `importer: BatchNormalization "bn": in training mode of a weight that is not known to have shape [1,C,...]: unsupported`
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
