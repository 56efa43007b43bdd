package importer

import (
	"slices"
	"strings"
	"testing"

	"finetune/internal/onnxfile"
)

// TestRefused are files that onnxruntime refuses too, and why they are, beside ones that
// are read.
func TestRefused(t *testing.T) {
	pooledBy := func(opset int64, n *onnxfile.Node) spec {
		s := heads["Gemm, not transposed, without bias, behind Softmax"]
		s.opset = opset
		s.nodes = slices.Clone(s.nodes)
		s.nodes[1] = n
		s.tensors = append(slices.Clone(s.tensors), ints("spatial", 2, 3))
		return s
	}
	axes, dropped := onnxfile.Ints("axes", 2, 3), onnxfile.Int("keepdims", 0)
	cast := heads["Gemm"]
	cast.nodes = slices.Concat(cast.nodes[:1], []*onnxfile.Node{makeNode("Cast", "conv", "same"), makeNode("GlobalAveragePool", "same", "pool")}, cast.nodes[2:])
	rearranged := heads["Gemm, not transposed, without bias, behind Softmax"]
	rearranged.nodes = slices.Concat([]*onnxfile.Node{makeNode("Transpose", "fc.t", "fc.w", onnxfile.Ints("perx", 1, 0))}, rearranged.nodes)
	rearranged.tensors = []*onnxfile.Tensor{rearranged.tensors[0], floats("fc.t", 5, 4)}
	of := func(op, inputs string) spec {
		s := heads["Gemm"]
		s.nodes = slices.Concat(s.nodes[:1], []*onnxfile.Node{makeNode(op, inputs, "same"), makeNode("GlobalAveragePool", "same", "pool")}, s.nodes[2:])
		s.tensors = append(slices.Clone(s.tensors), floats("six"))
		return s
	}
	activated := func(op string, opset int64) spec {
		s := heads["Gemm"]
		s.opset = opset
		s.nodes = slices.Concat(s.nodes[:1], []*onnxfile.Node{makeNode(op, "conv", "same"), makeNode("GlobalAveragePool", "same", "pool")}, s.nodes[2:])
		return s
	}
	normalized := activated("LayerNormalization", 16)
	normalized.nodes[1] = makeNode("LayerNormalization", "conv one", "same")
	normalized.tensors = append(slices.Clone(normalized.tensors), floats("one", 1))
	grouped := activated("GroupNormalization", 18)
	grouped.nodes[1] = makeNode("GroupNormalization", "conv scale scale", "same", onnxfile.Int("num_groups", 1))
	grouped.tensors = append(slices.Clone(grouped.tensors), floats("scale"))
	for _, c := range []struct {
		name string
		spec spec
		want string // "" if it is accepted.
	}{
		{"axes as an attribute", pooledBy(13, makeNode("ReduceMean", "conv", "pool", axes, dropped)), ""},
		{"keepdims 2", pooledBy(13, makeNode("ReduceMean", "conv", "pool", axes, onnxfile.Int("keepdims", 2))), "attribute keepdims = 2, want 0 or 1"},
		{"axes as an input too early", pooledBy(13, makeNode("ReduceMean", "conv spatial", "pool", dropped)), "input 1 holds axes, which it may from opset 18 on, the file is of opset 13"},
		{"axes as an input", pooledBy(18, makeNode("ReduceMean", "conv spatial", "pool", dropped)), ""},
		{"Min without its second input", of("Min", "conv - six"), "input 1 is missing"},
		{"Min without its last input", of("Min", "conv six -"), "input 2 is missing"},
		{"Min", of("Min", "conv six"), ""},
		{"Gelu before its time", activated("Gelu", 19), "the file is of opset 19, the operator came with opset 20"},
		{"Gelu", activated("Gelu", 20), ""},
		{"Slice without starts", activated("Slice", 13), "no starts and ends, which Slice needs"},
		{"Slice without starts, as attributes", activated("Slice", 9), "no starts and ends, which Slice needs"},
		{"Split without sizes", activated("Split", 18), "neither sizes nor num_outputs"},
		{"Split without sizes, when it might", activated("Split", 13), ""},
		{"Not of floats", activated("Not", 13), `input 0: "conv" holds floats, want booleans`},
		{"And of floats", of("And", "conv conv"), `input 0: "conv" holds floats, want booleans`},
		{"Sign before its time", activated("Sign", 8), "the file is of opset 8, the operator came with opset 9"},
		{"Upsample after its time", activated("Upsample", 10), "the file is of opset 10, the operator went after opset 9"},
		{"LayerNormalization, which onnxruntime reads before its time", normalized, ""},
		{"GroupNormalization with a scale of rank 0", grouped, "scale or bias has shape (), want rank 1"},
		{"Cast to nothing", cast, "attribute to is missing"},
		{"an unknown attribute of a weight's Transpose", rearranged, "perx"},
	} {
		m, err := Load(c.spec.bytes())
		if err == nil {
			_, err = m.Build(BuildOptions{Batch: 1})
		}
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}
