package importer

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"finetune/internal/kernel/gokernel"
	"finetune/internal/onnxfile"
	"finetune/internal/op"
	"finetune/internal/vm"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// mutations returns how many damaged files of each kind a test tries:
// FINETUNE_HOSTILE of them, else so few that tests stay short.
//
//	FINETUNE_HOSTILE=30000 go test -timeout 2h -run Mutated ./importer
func mutations(t *testing.T) int {
	t.Helper()
	const usual = 300
	text := os.Getenv("FINETUNE_HOSTILE")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("FINETUNE_HOSTILE: %v", err)
	}
	return n
}

// realModels are networks as PyTorch exports them.
var realModels = []string{"squeezenet1_1", "mobilenet_v2", "resnet18"}

// readModel reads one of realModels.
func readModel(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "internal", "golden", "testdata", name+".onnx.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// structure says how many bytes at the ends of a file are likely its nodes and
// names, and not elements of weights.
const structure = 1 << 15

// place returns a position in data, often one in the structure.
func place(rng *rand.Rand, data []byte) int {
	n := len(data)
	switch rng.IntN(4) {
	case 0:
		return rng.IntN(n)
	case 1:
		return n - 1 - rng.IntN(min(n, structure))
	}
	return rng.IntN(min(n, structure))
}

// mutated returns a damaged copy of data: bits flipped, bytes replaced by those
// that are extremes of a varint, a part cut off or out or doubled, or a part of
// another file in place of one of its own.
func mutated(rng *rand.Rand, data, other []byte) []byte {
	switch rng.IntN(6) {
	case 0:
		return data[:rng.IntN(len(data))]
	case 1:
		at, from := place(rng, data), place(rng, other)
		n := 1 + rng.IntN(min(len(other)-from, structure))
		return slices.Concat(data[:at], other[from:from+n], data[min(at+n, len(data)):])
	case 2:
		at := place(rng, data)
		return slices.Concat(data[:at], other[min(at, len(other)):])
	case 3:
		at := place(rng, data)
		end := at + rng.IntN(min(len(data)-at, structure))
		return slices.Concat(data[:end], data[at:])
	case 4:
		damaged := bytes.Clone(data)
		for range 1 + rng.IntN(4) {
			damaged[place(rng, data)] = []byte{0, 1, 0x7f, 0x80, 0xff}[rng.IntN(5)]
		}
		return damaged
	}
	damaged := bytes.Clone(data)
	for range 1 + rng.IntN(8) {
		damaged[place(rng, data)] ^= 1 << rng.IntN(8)
	}
	return damaged
}

// What a hostile file may cost, besides its own size.
const (
	mostMemory = 64 << 20 // Bytes, and four times the file.
	mostTime   = time.Second
	mostPlan   = 256 << 20 // Bytes of a plan that is run.
	mostNodes  = 2000      // Of a model that is run.
)

// loadAndBuild loads a file and builds its graph, and reports what costs too much.
func loadAndBuild(t *testing.T, name string, data []byte) (m *Model, graph *Graph, err error) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := processorTime()
	m, err = Load(data)
	if err == nil {
		graph, err = m.Build(small(m))
	}
	took := processorTime() - start
	runtime.ReadMemStats(&after)
	if took > mostTime {
		t.Errorf("%s: took %v, want at most %v", name, took, mostTime)
	}
	if used, most := after.TotalAlloc-before.TotalAlloc, uint64(4*len(data)+mostMemory); used > most {
		t.Errorf("%s: %d bytes for a file of %d, want at most %d", name, used, len(data), most)
	}
	return m, graph, err
}

// examine does with a file what finetune does, and reports what it costs too
// much. It returns why the file is refused, nil if it is not.
func examine(t *testing.T, name string, data []byte) error {
	t.Helper()
	m, graph, err := loadAndBuild(t, name, data)
	if err != nil {
		return err
	}
	if len(m.nodes) > mostNodes {
		return nil
	}
	if err := runGraph(m, graph); err != nil {
		return err
	}
	if err := m.ReplaceHead(3, rand.New(rand.NewPCG(1, 2))); err != nil {
		return err
	}
	_, err = m.Build(small(m))
	return errors.Join(err, m.WriteONNX(io.Discard, nil))
}

// small are options of a graph that is quick to run.
func small(m *Model) BuildOptions {
	o := BuildOptions{Batch: 1, Mode: TrainFrozen, Loss: true}
	if _, height, width := m.InputSize(); height == 0 || width == 0 || height > 64 || width > 64 {
		o.Height, o.Width = 64, 64
	}
	return o
}

// runGraph plans the graph and its gradients, and runs them. Only a plan that
// takes too much memory is refused.
func runGraph(m *Model, graph *Graph) error {
	grads, err := G.Grad(graph.Loss, graph.Params...)
	if err != nil {
		return fmt.Errorf("differentiate: %w", err)
	}
	backend := gokernel.New(1)
	defer backend.Close()
	machine, err := vm.Compile(graph.G, vm.Config{
		Backend: backend, Limit: mostPlan,
		Params: graph.Params, Store: storeOf(m.Params), Statistics: graph.Statistics, Running: storeOf(m.Statistics),
		Grads: grads, Outputs: G.Nodes{graph.Logits, graph.Loss},
	})
	if err != nil {
		return err
	}
	return machine.RunAll()
}

func storeOf(tensors []Tensor) *vm.Store {
	shapes := make([][]int, len(tensors))
	for i, t := range tensors {
		shapes[i] = t.Shape
	}
	s := vm.NewStore(shapes)
	for i, t := range tensors {
		s.Set(i, t.Value)
	}
	return s
}

// TestMutatedModels damages small models of every form of a head, and now and
// then a real network. None may panic or cost too much.
func TestMutatedModels(t *testing.T) {
	var seeds [][]byte
	for _, name := range slices.Sorted(maps.Keys(heads)) {
		seeds = append(seeds, heads[name].bytes())
	}
	var networks [][]byte
	for _, name := range realModels {
		networks = append(networks, readModel(t, name))
	}
	accepted, count := 0, mutations(t)
	for i := range count {
		rng := rand.New(rand.NewPCG(20, uint64(i)))
		from := seeds
		if i%16 == 0 {
			from = networks[:2] // The third is 45 MB, and only lends its parts.
		}
		data, other := from[rng.IntN(len(from))], seeds[rng.IntN(len(seeds))]
		if rng.IntN(8) == 0 {
			other = networks[rng.IntN(len(networks))][:1<<20]
		}
		if examine(t, fmt.Sprintf("mutation %d", i), mutated(rng, data, other)) == nil {
			accepted++
		}
	}
	t.Logf("%d of %d are accepted, and run", accepted, count)
	if accepted == 0 || accepted == count {
		t.Errorf("%d of %d damaged files are accepted, want some and not all", accepted, count)
	}
}

// mutatedCase changes what a node test says of its node: numbers in attributes,
// their presence, the operator, the order and the number of inputs.
func mutatedCase(rng *rand.Rand, n *onnxfile.Node, operators []string) {
	extremes := []int64{0, 1, -1, 2, 3, 7, 1 << 16, 1 << 31, 1 << 40, 1<<62 - 1, -1 << 63, 1<<63 - 1, -1 << 31}
	for range 1 + rng.IntN(3) {
		switch rng.IntN(5) {
		case 0:
			if len(n.Attributes) > 0 {
				n.RemoveAttribute(n.Attributes[rng.IntN(len(n.Attributes))].Name)
			}
		case 1:
			n.Op = operators[rng.IntN(len(operators))]
		case 2:
			inputs := slices.Clone(n.Inputs)
			rng.Shuffle(len(inputs), func(i, j int) { inputs[i], inputs[j] = inputs[j], inputs[i] })
			if len(inputs) > 1 && rng.IntN(2) == 0 {
				inputs = inputs[:len(inputs)-1]
			}
			n.SetInputs(inputs...)
		default:
			if len(n.Attributes) == 0 {
				continue
			}
			a := n.Attributes[rng.IntN(len(n.Attributes))]
			x := extremes[rng.IntN(len(extremes))]
			switch a.Type {
			case onnxfile.AttributeInt:
				n.SetAttribute(onnxfile.Int(a.Name, x))
			case onnxfile.AttributeFloat:
				n.SetAttribute(onnxfile.Float(a.Name, float32(x)))
			case onnxfile.AttributeInts:
				v := append(slices.Clone(a.Ints), x)
				v[rng.IntN(len(v))] = x
				if rng.IntN(2) == 0 {
					v = v[:len(v)-1]
				}
				n.SetAttribute(onnxfile.Ints(a.Name, v...))
			}
		}
	}
}

// mutatedTensor changes the sizes of a tensor, or its integers.
func mutatedTensor(rng *rand.Rand, t *onnxfile.Tensor) *onnxfile.Tensor {
	dims := slices.Clone(t.Dims)
	switch rng.IntN(4) {
	case 0:
		dims = append(dims, 1+rng.IntN(3))
	case 1:
		if len(dims) > 0 {
			dims = dims[1:]
		}
	case 2:
		if len(dims) > 0 {
			dims[rng.IntN(len(dims))] = rng.IntN(4)
		}
	}
	out := &onnxfile.Tensor{Name: t.Name}
	if t.Type.IsFloat() {
		values := ramp(product(dims))
		out.SetFloats(dims, values)
		return out
	}
	values := make([]int64, product(dims))
	for i := range values {
		values[i] = []int64{0, 1, -1, 2, 4, 1 << 20, 1 << 40, 1<<63 - 1, -1 << 63}[rng.IntN(9)]
	}
	out.SetInts(dims, values...)
	return out
}

// TestMutatedNodes changes ONNX's node tests: what is built of them may be
// refused, and is planned and run, with gradients, if it is not.
func TestMutatedNodes(t *testing.T) {
	cases := readNodeCases(t)
	built := 0
	for i := range mutations(t) {
		rng := rand.New(rand.NewPCG(21, uint64(i)))
		c := cases[rng.IntN(len(cases))]
		m, err := parse(c.model)
		if err != nil {
			t.Fatal(err)
		}
		mutatedCase(rng, m.file.Graph.Nodes[0], Operators())
		for k, p := range c.inputs {
			if rng.IntN(2) == 0 && p.Type != onnxfile.TypeString {
				c.inputs[k] = mutatedTensor(rng, p)
			}
		}
		name := fmt.Sprintf("mutation %d of %s, %s %q", i, c.name, m.file.Graph.Nodes[0].Op, m.file.Graph.Nodes[0].Inputs)
		if tryNode(t, name, m, c.inputs, rng.IntN(3)) {
			built++
		}
	}
	if built == 0 {
		t.Error("none of the nodes is built")
	}
	t.Logf("%d are built, and run", built)
}

// tryNode builds the first node of m, of whose inputs of floats so many at the
// start vary, and plans and runs it and its gradient. It reports whether that
// went to the end.
func tryNode(t *testing.T, name string, m *Model, inputs []*onnxfile.Tensor, vary int) bool {
	t.Helper()
	defer func() {
		if p := recover(); p != nil { // The name says how to repeat it.
			t.Errorf("%s: panic: %v\n%s", name, p, debug.Stack())
		}
	}()
	m.nodes = m.file.Graph.Nodes[:1]
	if m.nodes[0].Op == "Constant" || checkOperators(m.nodes) != nil {
		return false
	}
	var err error
	if m.records, err = decode(m.nodes, m.nodes[0].Outputs[0]); err != nil {
		return false
	}
	b := &builder{model: m, dtype: tensor.Float32, out: &Graph{G: G.NewGraph()}, values: map[string]value{}}
	var vars G.Nodes
	for i, p := range inputs {
		if i >= len(m.file.Graph.Inputs) {
			break
		}
		if i >= vary || !p.Type.IsFloat() || p.Len() == 0 || len(p.Dims) == 0 {
			b.values[m.file.Graph.Inputs[i].Name] = value{kind: kindOf(p.Type), constant: &constant{dims: p.Dims, tensor: p}}
			continue
		}
		n := b.newInput(m.file.Graph.Inputs[i].Name, p.Dims)
		b.values[m.file.Graph.Inputs[i].Name] = value{node: n}
		vars = append(vars, n)
	}
	start := processorTime()
	err = b.run()
	if took := processorTime() - start; took > mostTime {
		t.Errorf("%s: took %v, want at most %v", name, took, mostTime)
	}
	y := b.values[m.records[0].output].node
	if err != nil || y == nil || len(vars) == 0 {
		return false
	}
	return runNode(b, y, vars)
}

// runNode runs y and the gradient of a loss on it, if it is small.
func runNode(b *builder, y *G.Node, vars G.Nodes) bool {
	size := y.Shape().TotalSize()
	if size == 0 || size > 1<<16 {
		return false
	}
	logits, err := op.Apply(&op.Reshape{To: []int{1, size}}, y)
	if err != nil {
		return false
	}
	loss, err := op.Apply(&op.CrossEntropy{}, logits, b.newInput("labels", []int{1, size}))
	if err != nil {
		return false
	}
	grads, err := G.Grad(loss, vars...)
	if err != nil {
		return false
	}
	backend := gokernel.New(1)
	defer backend.Close()
	machine, err := vm.Compile(b.out.G, vm.Config{Backend: backend, Limit: mostPlan, Outputs: append(G.Nodes{loss}, grads...)})
	return err == nil && machine.RunAll() == nil
}
