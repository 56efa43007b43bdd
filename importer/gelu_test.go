package importer

import (
	"math"
	"strings"
	"testing"

	"finetune/internal/onnxfile"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestGelu builds products of x, of z = x + 1, and of erf, in the ways that
// exporters write Gelu and in ways that are something else.
func TestGelu(t *testing.T) {
	gelu := func(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) }
	for _, c := range []struct {
		nodes string // "operator a b output", separated by commas.
		fused bool
		value func(x float64) float64
	}{
		{"Div x √2 d, Erf d e, Add e 1 s, Mul x s p, Mul p ½ y", true, gelu},
		{"Mul x √½ d, Erf d e, Add 1 e s, Mul ½ x h, Mul h s y", true, gelu},
		{"Mul √½ x d, Erf d e, Add e 1 s, Mul s ½ h, Mul x h y", true, gelu},
		{"Mul x ½ m, Div m √2 d, Erf d e, Add e 1 s, Mul m s p, Mul ½ p y", true, func(x float64) float64 { return gelu(x / 2) }},
		{"Div x √2 d, Erf d e, Add e 1 s, Mul x s p, Mul p 1 y", false, func(x float64) float64 { return 2 * gelu(x) }},
		{"Div x 2 d, Erf d e, Add e 1 s, Mul x s p, Mul p ½ y", false, func(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/2)) }},
		{"Div √2 x d, Erf d e, Add e 1 s, Mul x s p, Mul p ½ y", false, func(x float64) float64 { return 0.5 * x * (1 + math.Erf(math.Sqrt2/x)) }},
		{"Div x √2 d, Erf d e, Add e 2 s, Mul x s p, Mul p ½ y", false, func(x float64) float64 { return gelu(x) + x/2 }},
		{"Add x 1 z, Div x √2 d, Erf d e, Add e 1 s, Mul z s p, Mul p ½ y", false, func(x float64) float64 { return 0.5 * (x + 1) * (1 + math.Erf(x/math.Sqrt2)) }},
		{"Div x √2 d, Erf d e, Add e 1 s, Mul x s p, Mul p x q, Mul q ½ y", false, func(x float64) float64 { return x * gelu(x) }},
	} {
		b := geluBuilder(c.nodes)
		for i := range b.model.nodes {
			if err := b.step(i); err != nil {
				t.Fatalf("%s: %v", c.nodes, err)
			}
		}
		y := b.values["y"].node
		d, isMap := y.Op().(*op.Op).Def.(*op.Map)
		if fused := isMap && d.Label == "Gelu"; fused != c.fused {
			t.Errorf("%s: is one operator: %v, want %v", c.nodes, fused, c.fused)
		}
		checkValues(t, b, c.nodes, c.value)
	}
}

// checkValues runs the graph from x to y, and wants y = value(x).
func checkValues(t *testing.T, b *builder, nodes string, value func(x float64) float64) {
	t.Helper()
	data := []float32{-3, -0.5, 0.25, 2}
	if err := G.Let(b.values["x"].node, tensor.New(tensor.WithShape(4), tensor.WithBacking(data))); err != nil {
		t.Fatal(err)
	}
	var got G.Value
	G.Read(b.values["y"].node, &got)
	vm := G.NewTapeMachine(b.out.G)
	if err := vm.RunAll(); err != nil {
		t.Fatalf("%s: %v", nodes, err)
	}
	vm.Close()
	for i, x := range data {
		if g, want := float64(got.Data().([]float32)[i]), value(float64(x)); !(math.Abs(g-want) <= 1e-6*(1+math.Abs(want))) {
			t.Errorf("%s: y(%v) = %v, want %v", nodes, x, g, want)
		}
	}
}

func geluBuilder(text string) *builder {
	v := &view{producer: map[string]*onnxfile.Node{}}
	m := &Model{graph: v, file: new(onnxfile.Model)}
	m.file.SetOpsetVersion(17)
	for line := range strings.SplitSeq(text, ", ") {
		words := strings.Fields(line)
		last := len(words) - 1
		n := makeNode(words[0], strings.Join(words[1:last], " "), words[last])
		v.producer[words[last]] = n
		m.nodes = append(m.nodes, n)
	}
	b := &builder{model: m, dtype: tensor.Float32, out: &Graph{G: G.NewGraph()}, values: map[string]value{}}
	for name, c := range map[string]float64{"1": 1, "2": 2, "½": 0.5, "√2": float64(float32(math.Sqrt2)), "√½": float64(float32(math.Sqrt2 / 2))} {
		b.values[name] = number(c)
	}
	b.values["x"] = value{node: b.newInput("x", []int{4})}
	m.records, _ = decode(m.nodes, "y")
	return b
}
