package importer

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"finetune/internal/kernel/gokernel"
	"finetune/internal/onnxfile"
	"finetune/internal/onnxruntime"
	"finetune/internal/vm"

	G "gorgonia.org/gorgonia"
)

// mutantModels are small networks as both exporters of PyTorch write them.
var mutantModels = []string{
	"shufflenet_v2.dynamo", "vgg_bn.torchscript", "mobilenet_v3_small.torchscript", "resnet.torchscript", "densenet.torchscript",
	"googlenet.torchscript_folded", "efficientnet_b0.dynamo", "vit_torchvision.torchscript", "convnext.torchscript",
}

// TestMutantsAgreeWithOnnxruntime damages small models and lets onnxruntime,
// which it needs, judge what is accepted and runs: the logits differ by at most
// 1e-4 of the largest, unless a weight is over mostWeight or an operator jumps, or are not finite in
// both. What onnxruntime refuses is
// listed by what it says.
//
//	FINETUNE_ONNXRUNTIME=libonnxruntime.so FINETUNE_HOSTILE=30000 go test -timeout 3h -v -run MutantsAgree ./importer
func TestMutantsAgreeWithOnnxruntime(t *testing.T) {
	library, err := onnxruntime.Find()
	if err != nil {
		t.Skip(err)
	}
	seeds := mutantSeeds(t)
	names := slices.Sorted(maps.Keys(seeds))
	backend := gokernel.New(1)
	defer backend.Close()
	refusals, verdicts := map[string][]int{}, map[string]int{}
	count := mutations(t)
	for i := range count {
		rng := rand.New(rand.NewPCG(22, uint64(i)))
		name := names[rng.IntN(len(names))]
		data := mutant(rng, seeds[name], seeds[names[rng.IntN(len(names))]])
		verdict, detail := judgeMutant(data, backend)
		verdicts[verdict]++
		switch verdict {
		case disagrees:
			t.Errorf("mutation %d of %s: %s", i, name, detail)
		case refusedByOnnxruntime:
			refusals[detail] = append(refusals[detail], i)
		}
	}
	t.Logf("onnxruntime %s, %d mutants: %v", library.Version, count, verdicts)
	for _, kind := range slices.Sorted(maps.Keys(refusals)) {
		t.Logf("onnxruntime refuses %d (mutation %d): %s", len(refusals[kind]), refusals[kind][0], kind)
	}
	if verdicts[agrees] == 0 || verdicts[refused] == 0 {
		t.Errorf("%d agree and %d are refused, want some of both", verdicts[agrees], verdicts[refused])
	}
}

// mutantSeeds are the models that are damaged: those of every form of a head,
// and mutantModels with weights that keep activations about one.
func mutantSeeds(t *testing.T) map[string][]byte {
	t.Helper()
	seeds := map[string][]byte{}
	for name, s := range heads {
		seeds[name] = s.bytes()
	}
	for _, name := range mutantModels {
		zipped, err := os.ReadFile(filepath.Join("..", "internal", "golden", "testdata", "families", name+".onnx.gz"))
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(bytes.NewReader(zipped))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		file, err := onnxfile.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range file.Graph.Initializers {
			if w.Type.IsFloat() && w.Len() > 1 {
				fillWeight(w)
			}
		}
		seeds[name] = file.Bytes()
	}
	return seeds
}

// fillWeight gives a weight numbers that look arbitrary: of variance two by what
// it sums over, or in [1/2, 3/2) for a vector, which may be a variance.
func fillWeight(w *onnxfile.Tensor) {
	values := ramp(w.Len())
	offset, scale := float32(1), float32(0.5)
	if len(w.Dims) > 1 {
		offset, scale = 0, float32(math.Sqrt(6*float64(w.Dims[0])/float64(w.Len())))
	}
	for i := range values {
		values[i] = offset + scale*values[i]
	}
	w.SetFloats(w.Dims, values)
}

// mutant returns a copy of a file with damaged bytes or, more often, as these
// are mostly refused or weights, with other attributes, operators, inputs or
// integers than it had.
func mutant(rng *rand.Rand, data, other []byte) []byte {
	if rng.IntN(4) == 0 {
		return mutated(rng, data, other)
	}
	file, err := onnxfile.Parse(data)
	if err != nil {
		panic(err) // Seeds are whole.
	}
	nodes := file.Graph.Nodes
	for range 1 + rng.IntN(2) {
		n := nodes[rng.IntN(len(nodes))]
		switch rng.IntN(3) {
		case 0:
			mutatedCase(rng, n, Operators())
			n.SetInputs(n.Inputs...) // Or a new operator would not be written.
		case 1:
			nudge(rng, n)
		default:
			n.SetInputs(swapped(rng, n.Inputs, nodes)...)
		}
	}
	return file.Bytes()
}

// nudge changes a number of an attribute a little.
func nudge(rng *rand.Rand, n *onnxfile.Node) {
	if len(n.Attributes) == 0 {
		return
	}
	a := n.Attributes[rng.IntN(len(n.Attributes))]
	by := int64(rng.IntN(5) - 2)
	switch a.Type {
	case onnxfile.AttributeInt:
		n.SetAttribute(onnxfile.Int(a.Name, a.Int+by))
	case onnxfile.AttributeFloat:
		n.SetAttribute(onnxfile.Float(a.Name, a.Float+float32(by)/2))
	case onnxfile.AttributeInts:
		if v := slices.Clone(a.Ints); len(v) > 0 {
			v[rng.IntN(len(v))] += by
			n.SetAttribute(onnxfile.Ints(a.Name, v...))
		}
	}
}

// swapped returns inputs with one replaced by a tensor of another node.
func swapped(rng *rand.Rand, inputs []string, nodes []*onnxfile.Node) []string {
	from := nodes[rng.IntN(len(nodes))]
	names := slices.Concat(from.Inputs, from.Outputs)
	if len(inputs) == 0 || len(names) == 0 {
		return inputs
	}
	inputs = slices.Clone(inputs)
	inputs[rng.IntN(len(inputs))] = names[rng.IntN(len(names))]
	return inputs
}

// What judgeMutant says of a file.
const (
	refused              = "refused"
	agrees               = "agrees"
	neitherFinite        = "neither finite"
	tooLarge             = "differ by a weight that is too large"
	jumps                = "differ behind an operator that jumps"
	disagrees            = "disagrees"
	refusedByOnnxruntime = "refused by onnxruntime alone"
)

// mostWeight is the largest weight up to which logits have to agree. Beyond it
// sums lose what is small and squares overflow, each way of computing at another
// place: Winograd's sums at 49,000 beside weights of 0.2, a variance at 1e19.
const mostWeight = 1e4

// jumping are the operators whose value jumps: rounding decides it where their
// input lies on the jump, as the mean of activations that are nearly zero does before Sign.
var jumping = []string{"Sign", "Floor", "Ceil", "Round", "Mod", "ArgMax", "ArgMin", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"}

func hasJump(m *Model) bool {
	return slices.ContainsFunc(m.file.Graph.Nodes, func(n *onnxfile.Node) bool { return slices.Contains(jumping, n.Op) })
}

func largestWeight(m *Model) (most float64) {
	for _, p := range slices.Concat(m.Params, m.Statistics) {
		for _, v := range p.Value {
			most = max(most, math.Abs(float64(v)))
		}
	}
	return most
}

// judgeMutant runs a file here and in onnxruntime on the same image.
func judgeMutant(data []byte, backend *gokernel.Backend) (verdict, detail string) {
	images, got, m := runMutant(data, backend)
	if m == nil {
		return refused, ""
	}
	want, err := runOnnxruntime(data, m, images)
	if err != nil {
		return refusedByOnnxruntime, kindOfRefusal(err)
	}
	if len(got) != len(want) {
		return disagrees, fmt.Sprintf("%d logits, onnxruntime has %d", len(got), len(want))
	}
	largest, worst := 0.0, 0.0
	for i, w := range want {
		largest = max(largest, math.Abs(float64(w)))
		worst = max(worst, math.Abs(float64(got[i])-float64(w)))
	}
	finite := func(x []float32) bool {
		return !slices.ContainsFunc(x, func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) })
	}
	switch {
	case !finite(got) && !finite(want):
		return neitherFinite, ""
	case worst <= 1e-4*largest: // Not of NaN.
		return agrees, ""
	case largestWeight(m) > mostWeight:
		return tooLarge, ""
	case hasJump(m):
		return jumps, ""
	}
	return disagrees, fmt.Sprintf("logits %.4v, onnxruntime has %.4v", got[:min(4, len(got))], want[:min(4, len(want))])
}

// runMutant returns an image and its logits; m is nil if the file is refused.
func runMutant(data []byte, backend *gokernel.Backend) (images, logits []float32, m *Model) {
	m, err := Load(data)
	if err != nil || len(m.nodes) > mostNodes {
		return nil, nil, nil
	}
	o := BuildOptions{Batch: 1}
	if _, height, width := m.InputSize(); height == 0 || width == 0 {
		o.Height, o.Width = 64, 64
	}
	graph, err := m.Build(o)
	if err != nil {
		return nil, nil, nil
	}
	machine, err := vm.Compile(graph.G, vm.Config{
		Backend: backend, Limit: mostPlan,
		Params: graph.Params, Store: storeOf(m.Params), Statistics: graph.Statistics, Running: storeOf(m.Statistics),
		Outputs: G.Nodes{graph.Logits},
	})
	if err != nil {
		return nil, nil, nil
	}
	images = ramp(graph.Images.Shape().TotalSize())
	copy(machine.Input(graph.Images), images)
	machine.Forward()
	return images, machine.Output(graph.Logits), m
}

// runOnnxruntime returns the logits of one image [1,C,H,W].
func runOnnxruntime(data []byte, m *Model, images []float32) ([]float32, error) {
	file, err := onnxfile.Parse(data)
	if err != nil {
		return nil, err
	}
	input, output := m.Ends()
	if !slices.ContainsFunc(file.Graph.Outputs, func(v *onnxfile.ValueInfo) bool { return v.Name == output }) {
		file.Graph.Outputs = append(file.Graph.Outputs, onnxfile.NewName(output))
	}
	withoutSoftmax(file.Graph.Nodes, output)
	s, err := onnxruntime.Open(file.Bytes())
	if err != nil {
		return nil, err
	}
	defer s.Close()
	channels, height, width := m.InputSize()
	if channels == 0 {
		channels = m.channels()
	}
	if height == 0 || width == 0 {
		height, width = 64, 64
	}
	in := onnxruntime.Input{Name: input, Shape: []int64{1, int64(channels), int64(height), int64(width)}, Floats: images}
	if m.Layout() == "NHWC" {
		in.Shape = []int64{1, int64(height), int64(width), int64(channels)}
		in.Floats = make([]float32, len(images))
		for i, v := range images {
			in.Floats[i%(height*width)*channels+i/(height*width)] = v
		}
	}
	return s.Run(in, output)
}

// withoutSoftmax makes those between the classifier and an output the identity:
// [Load] takes them out.
func withoutSoftmax(nodes []*onnxfile.Node, output string) {
	for name := output; ; {
		i := slices.IndexFunc(nodes, func(n *onnxfile.Node) bool { return slices.Contains(n.Outputs, name) })
		if i < 0 || len(nodes[i].Inputs) == 0 || !tailOperators[nodes[i].Op] && !poolOperators[nodes[i].Op] && nodes[i].Op != "Relu" {
			return
		}
		n := nodes[i]
		if n.Op == "Softmax" || n.Op == "LogSoftmax" {
			n.Op = "Identity"
			n.SetInputs(n.Inputs...) // Or it would be written as it was read.
			for len(n.Attributes) > 0 {
				n.RemoveAttribute(n.Attributes[0].Name)
			}
		}
		nodes, name = nodes[:i], n.Inputs[0]
	}
}

var namesAndNumbers = regexp.MustCompile(`\([^()]*\)|'[^']*'|"[^"]*"|\{[^{}]*\}|\[[^\[\]]*\]|-?\b\d[\d.]*`)

// kindOfRefusal is an error without names and numbers.
func kindOfRefusal(err error) string {
	text, _, _ := strings.Cut(namesAndNumbers.ReplaceAllString(err.Error(), "…"), "\n")
	return text[:min(len(text), 240)]
}
