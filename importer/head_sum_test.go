package importer

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"finetune/internal/onnxfile"
)

// TestAddedHeads replaces all classifiers whose logits are added, however that is
// written, and reads what is written back. The biases show what the sum is.
func TestAddedHeads(t *testing.T) {
	trunk := heads["Gemm"].nodes[:3]
	gemm := func(name string) *onnxfile.Node {
		return makeNode("Gemm", "flat "+name+".w "+name+".b", name, onnxfile.Int("transB", 1))
	}
	half := &onnxfile.Node{Op: "Constant", Name: "two", Outputs: []string{"two"}, Attributes: []*onnxfile.Attribute{onnxfile.Value("value", scalar(2))}}
	stacked := func(reduce string) []*onnxfile.Node {
		return []*onnxfile.Node{
			gemm("a"), gemm("b"), makeNode("Unsqueeze", "a", "a.0", onnxfile.Ints("axes", 0)), makeNode("Unsqueeze", "b", "b.0", onnxfile.Ints("axes", 0)),
			makeNode("Concat", "a.0 b.0", "stack", onnxfile.Int("axis", 0)), makeNode(reduce, "stack", "logits", onnxfile.Ints("axes", 0), onnxfile.Int("keepdims", 0)),
		}
	}
	for _, c := range []struct {
		name  string
		nodes []*onnxfile.Node
		want  float32 // Of biases 1, 3 and 8.
		heads int
	}{
		{"a mean by an integer that is cast", []*onnxfile.Node{gemm("a"), gemm("b"), makeNode("Add", "a b", "sum"), half,
			makeNode("Cast", "two", "two.float", onnxfile.Int("to", int64(onnxfile.TypeFloat))), makeNode("Div", "sum two.float", "logits")}, 2, 2},
		{"Mean", []*onnxfile.Node{gemm("a"), gemm("b"), gemm("c"), makeNode("Mean", "a b c", "logits")}, 4, 3},
		{"Sum", []*onnxfile.Node{gemm("a"), gemm("b"), gemm("c"), makeNode("Sum", "a b c", "logits")}, 12, 3},
		{"Add of an Add", []*onnxfile.Node{gemm("a"), gemm("b"), gemm("c"), makeNode("Add", "a b", "ab"), makeNode("Add", "c ab", "logits")}, 12, 3},
		{"weights of each", []*onnxfile.Node{gemm("a"), gemm("b"), makeNode("Mul", "quarter a", "qa"), makeNode("Mul", "b most", "mb"), makeNode("Add", "qa mb", "logits")}, 2.5, 2},
		{"the mean of a stack", stacked("ReduceMean"), 2, 2},
		{"the sum of a stack", stacked("ReduceSum"), 4, 2},
		{"a mean before Softmax", []*onnxfile.Node{gemm("a"), gemm("b"), makeNode("Add", "a b", "sum"), makeNode("Mul", "half sum", "mean"), makeNode("Softmax", "mean", "logits")}, 2, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := heads["Gemm"]
			s.opset = 12
			s.nodes = slices.Concat(trunk, c.nodes)
			s.tensors = []*onnxfile.Tensor{s.tensors[0], scales("quarter", 0.25), scales("most", 0.75), scales("half", 0.5)}
			for _, name := range []string{"a", "b", "c"} {
				s.tensors = append(s.tensors, floats(name+".w", 5, 4), floats(name+".b", 5))
			}
			m, err := Load(s.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if err := m.ReplaceHead(3, rand.New(rand.NewPCG(1, 2))); err != nil {
				t.Fatal(err)
			}
			if got := len(m.HeadParams()); got != 2*c.heads {
				t.Fatalf("%d parameters of the head, want %d", got, 2*c.heads)
			}
			for i, bias := range map[string]float32{"a": 1, "b": 3, "c": 8} {
				if at, ok := m.params[i+".b"]; ok {
					m.Params[at].Value[1] = bias
					clear(m.Params[m.params[i+".w"]].Value)
				}
			}
			got := logits(t, m, BuildOptions{Batch: 1}, ramp(3*8*8))
			if !slices.Equal(got, []float32{0, c.want, 0}) {
				t.Errorf("logits %v, want 0, %v and 0", got, c.want)
			}
			g, err := m.Build(BuildOptions{Batch: 1})
			if err != nil || g.Features == nil {
				t.Errorf("features %v (%v), want the tensor that all classifiers read", g.Features, err)
			}
			readBack(t, m, 3)
			report := Inspect(s.bytes(), "")
			if want := `Gemm "Gemm_b", whose logits are added`; !strings.Contains(report.Head, want) || len(report.Obstacles) > 0 {
				t.Errorf("report of the head %q with obstacles %v, want it with %q", report.Head, report.Obstacles, want)
			}
		})
	}
}

// TestNoAddedHeads refuses sums that are not of different classifiers, and what
// would take long to search.
func TestNoAddedHeads(t *testing.T) {
	gemm := heads["Gemm"].nodes[3]
	doubled := []*onnxfile.Node{makeNode("Gemm", "flat fc.w fc.b", "x0", onnxfile.Int("transB", 1))}
	for i := range 64 {
		from := "x" + string(rune('0'+i))
		doubled = append(doubled, makeNode("Add", from+" "+from, "x"+string(rune('0'+i+1))))
	}
	doubled[64].Outputs = []string{"logits"}
	for name, nodes := range map[string][]*onnxfile.Node{
		"a sum of itself, 64 times":   doubled,
		"a stack without a reduction": {gemm, makeNode("Unsqueeze", "logits", "a", onnxfile.Ints("axes", 0)), makeNode("Concat", "a a", "stack", onnxfile.Int("axis", 0))},
	} {
		s := heads["Gemm"]
		s.nodes = slices.Concat(s.nodes[:3], nodes)
		s.output = nodes[len(nodes)-1].Outputs[0]
		if _, err := Load(s.bytes()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
