package main

import (
	"os"
	"path/filepath"

	"finetune/internal/onnxfile"
)

// A graph is what the models of the scripts differ in.
type graph struct {
	nodes  []*onnxfile.Node
	output string
	inputs []*onnxfile.ValueInfo
	opset  int64
}

// writeBackbones writes small ONNX files: plain.onnx is a classifier of 8×8 images
// that states no preprocessing, and the others each have something of their own.
func writeBackbones(dir string) error {
	for name, change := range map[string]func(g *graph){
		"plain.onnx":    func(*graph) {},
		"features.onnx": func(g *graph) { g.nodes, g.output = g.nodes[:3], "flat" },
		"opset.onnx":    func(g *graph) { g.opset = 6 },
		"operators.onnx": func(g *graph) {
			g.nodes[0] = node("NonMaxSuppression", "boxes", "conv", "images", "w")
			g.nodes[1] = node("DequantizeLinear", "dequantize", "pool", "conv", "conv")
		},
		"inputs.onnx": func(g *graph) {
			g.inputs = append(g.inputs, onnxfile.NewValueInfo("more", onnxfile.TypeFloat, onnxfile.Dim{Name: "N"}, onnxfile.Dim{Size: 4}))
			g.nodes[2] = node("Add", "add", "flat", "pool", "more")
		},
		"integers.onnx": func(g *graph) { g.inputs[0].SetType(onnxfile.TypeUint8, g.inputs[0].Dims...) },
		"open.onnx": func(g *graph) {
			g.inputs[0].SetType(onnxfile.TypeFloat, onnxfile.Dim{Name: "N"}, onnxfile.Dim{Size: 3}, onnxfile.Dim{Name: "H"}, onnxfile.Dim{Name: "W"})
		},
		"groups.onnx": func(g *graph) { g.nodes[0].SetAttribute(onnxfile.Int("group", 0)) },
	} {
		if err := os.WriteFile(filepath.Join(dir, name), modelOf(change), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// modelOf encodes the plain model after a change.
func modelOf(change func(g *graph)) []byte {
	gemm := node("Gemm", "fc", "logits", "flat", "fc.w", "fc.b")
	gemm.SetAttribute(onnxfile.Int("transB", 1))
	g := &graph{
		nodes: []*onnxfile.Node{
			node("Conv", "conv1", "conv", "images", "w"), node("GlobalAveragePool", "gap", "pool", "conv"), node("Flatten", "flatten", "flat", "pool"), gemm,
		},
		output: "logits", opset: 13,
		inputs: []*onnxfile.ValueInfo{onnxfile.NewValueInfo("images", onnxfile.TypeFloat,
			onnxfile.Dim{Name: "N"}, onnxfile.Dim{Size: 3}, onnxfile.Dim{Size: 8}, onnxfile.Dim{Size: 8})},
	}
	change(g)
	m := &onnxfile.Model{IRVersion: 8, Opsets: []onnxfile.Opset{{Version: g.opset}}, Graph: &onnxfile.Graph{
		Name: "g", Nodes: g.nodes, Inputs: g.inputs, Outputs: []*onnxfile.ValueInfo{onnxfile.NewName(g.output)},
		Initializers: []*onnxfile.Tensor{weight("w", 4, 3, 3, 3), weight("fc.w", 5, 4), weight("fc.b", 5)},
	}}
	return m.Bytes()
}

func node(op, name, output string, inputs ...string) *onnxfile.Node {
	return &onnxfile.Node{Op: op, Name: name, Inputs: inputs, Outputs: []string{output}}
}

func weight(name string, dims ...int) *onnxfile.Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(i%7-3) / 8
	}
	t := &onnxfile.Tensor{Name: name}
	t.SetFloats(dims, values)
	return t
}
