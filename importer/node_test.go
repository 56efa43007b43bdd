package importer

import (
	"archive/zip"
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"finetune/internal/onnxfile"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// nodeTolerance is that of single precision sums of a few hundred terms.
const nodeTolerance = 1e-5

// coreOperators may have no exception.
var coreOperators = strings.Fields(`Conv BatchNormalization Gemm MatMul MaxPool AveragePool GlobalAveragePool GlobalMaxPool
	Relu LeakyRelu Clip Sigmoid HardSigmoid HardSwish Tanh Elu Selu Celu Softplus Softsign PRelu ThresholdedRelu Gelu Erf Mish
	Add Sub Mul Div Pow Neg Abs Reciprocal Sqrt Exp Log Min Max Sum Mean Softmax LogSoftmax LayerNormalization
	Reshape Flatten Squeeze Unsqueeze Transpose Concat Identity`)

// untestedByONNX are operators that ONNX has no tests of for floats; TestCast and
// TestGlobalLpPool are ours.
var untestedByONNX = []string{"Cast", "CastLike", "GlobalLpPool"}

// A nodeCase is one of ONNX's node tests.
type nodeCase struct {
	name            string
	model           []byte
	inputs, outputs []*onnxfile.Tensor
}

// TestOfficialNodes runs ONNX's node tests, see testdata/node_tests.py, once with
// all inputs constant, so that they are folded, once with the first, and once
// with every input of floats that may vary, in a graph. The tests of
// node_exceptions.txt must fail, so that the list can only shrink.
func TestOfficialNodes(t *testing.T) {
	exceptions := readExceptions(t)
	coverage := map[string]Conformance{}
	for _, c := range readNodeCases(t) {
		m, err := parse(c.model)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		operator := m.file.Graph.Nodes[0].Op
		tests := coverage[operator]
		reason, excepted := exceptions[c.name]
		delete(exceptions, c.name)
		tests.Tests++
		err = c.check()
		if err == nil {
			tests.Passed++
		}
		coverage[operator] = tests
		switch {
		case err == nil && excepted:
			t.Errorf("%s passes, take it out of node_exceptions.txt (%s)", c.name, reason)
		case err == nil:
		case !excepted:
			t.Errorf("%s: %v", c.name, err)
		case slices.Contains(coreOperators, operator) && !strings.HasPrefix(reason, "three spatial dimensions"):
			t.Errorf("%s: an exception of %s, which may have none", c.name, operator)
		}
	}
	for name := range exceptions {
		t.Errorf("node_exceptions.txt: there is no test %s", name)
	}
	checkCoverage(t, coverage)
	for _, op := range Operators() {
		if coverage[op].Tests == 0 && !slices.Contains(untestedByONNX, op) {
			t.Errorf("no node test of %s", op)
		}
	}
}

var update = flag.Bool("update", false, "write testdata/node_coverage.txt")

// checkCoverage holds node_coverage.txt, which doctor prints, to what the tests
// did.
func checkCoverage(t *testing.T, coverage map[string]Conformance) {
	t.Helper()
	passed, total := 0, 0
	var lines strings.Builder
	for _, operator := range slices.Sorted(maps.Keys(coverage)) {
		c := coverage[operator]
		passed, total = passed+c.Passed, total+c.Tests
		fmt.Fprintf(&lines, "%s %d %d\n", operator, c.Passed, c.Tests)
	}
	t.Logf("%d of %d tests pass", passed, total)
	if passed*100 < total*95 {
		t.Errorf("%d of %d tests pass, want 95 %%", passed, total)
	}
	if *update {
		if err := os.WriteFile("testdata/node_coverage.txt", []byte(lines.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !maps.Equal(NodeTests(), coverage) || nodeCoverage != lines.String() {
		t.Errorf("node_coverage.txt says\n%s, want\n%s: write it with go test ./importer -run TestOfficialNodes -update", nodeCoverage, lines.String())
	}
}

// readExceptions reads lines "test: reason".
func readExceptions(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.Open("testdata/node_exceptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	exceptions := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, reason, ok := strings.Cut(lines.Text(), ": ")
		if !ok || exceptions[name] != "" {
			t.Fatalf("node_exceptions.txt: line %q, want one test and its reason", lines.Text())
		}
		exceptions[name] = reason
	}
	return exceptions
}

func readNodeCases(t *testing.T) []nodeCase {
	t.Helper()
	archive, err := zip.OpenReader("testdata/node_tests.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var cases []nodeCase
	for _, f := range archive.File {
		dir, base := path.Split(f.Name)
		data := member(t, f)
		if base == "model.onnx" {
			cases = append(cases, nodeCase{name: path.Clean(dir), model: data})
			continue
		}
		p, err := onnxfile.ParseTensor(data)
		if err != nil {
			t.Fatal(err)
		}
		c := &cases[len(cases)-1]
		if strings.HasPrefix(base, "input") {
			c.inputs = append(c.inputs, p)
		} else {
			c.outputs = append(c.outputs, p)
		}
	}
	return cases
}

func member(t *testing.T, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// check runs the test in all ways.
func (c *nodeCase) check() error {
	if err := c.run(func(int) bool { return false }); err != nil {
		return fmt.Errorf("folded: %w", err)
	}
	if len(c.inputs) == 0 || kindOf(c.inputs[0].Type) != floating || strings.Contains(c.name, "_onehot_") { // OneHot has indices of floats.
		return nil
	}
	if err := c.run(func(i int) bool { return i == 0 }); err != nil {
		return fmt.Errorf("with a first input that varies: %w", err)
	}
	if err := c.run(func(int) bool { return true }); err != nil && !errors.Is(err, ErrUnsupported) {
		return fmt.Errorf("with inputs that vary: %w", err)
	}
	return nil
}

// run compares the outputs that are built. Inputs of floats for which varies is
// true become inputs of the graph, others constants.
func (c *nodeCase) run(varies func(i int) bool) error {
	m, err := parse(c.model)
	if err != nil {
		return err
	}
	m.nodes = m.file.Graph.Nodes
	if m.nodes[0].Op == "Constant" {
		return c.compareConstant(m)
	}
	if err := checkOperators(m.nodes); err != nil {
		return err
	}
	if m.records, err = decode(m.nodes, m.file.Graph.Outputs[0].Name); err != nil {
		return err
	}
	b := &builder{model: m, dtype: tensor.Float32, out: &Graph{G: G.NewGraph()}, values: map[string]value{}}
	if a := m.nodes[0].Attribute("training_mode"); a != nil && a.Int == 1 {
		b.options.Mode = TrainBatch
	}
	if err := c.bind(b, varies); err != nil {
		return err
	}
	if err := b.run(); err != nil {
		return err
	}
	got := make([]*Tensor, len(c.outputs))
	var reads []func()
	for i, o := range m.file.Graph.Outputs {
		v, ok := b.values[o.Name]
		switch {
		case !ok && i > 0: // Not built; Load refuses models that read it.
			continue
		case kindOf(c.outputs[i].Type) != v.kind:
			return fmt.Errorf("output %d is of %v, want %v", i, v.kind, kindOf(c.outputs[i].Type))
		case v.constant != nil:
			data, err := v.constant.values()
			if err != nil {
				return err
			}
			got[i] = &Tensor{Shape: v.constant.dims, Value: float32s(data)}
		default:
			read := new(G.Value)
			G.Read(v.node, read)
			reads = append(reads, func() { got[i] = &Tensor{Shape: v.node.Shape(), Value: singles(*read)} })
		}
	}
	if len(reads) > 0 {
		vm := G.NewTapeMachine(b.out.G)
		defer vm.Close()
		if err := vm.RunAll(); err != nil {
			return err
		}
	}
	for _, read := range reads {
		read()
	}
	for i, o := range c.outputs {
		if got[i] == nil {
			continue
		}
		want, err := o.Numbers()
		if err != nil {
			return err
		}
		if err := compare(*got[i], o.Dims, want, tolerance(c.name)); err != nil {
			return fmt.Errorf("output %d: %w", i, err)
		}
	}
	return nil
}

// bind gives the inputs their values.
func (c *nodeCase) bind(b *builder, varies func(i int) bool) error {
	for i, t := range c.inputs {
		name := b.model.file.Graph.Inputs[i].Name
		if kindOf(t.Type) != floating || !varies(i) || t.Len() == 0 || len(t.Dims) == 0 {
			b.values[name] = value{kind: kindOf(t.Type), constant: &constant{dims: t.Dims, tensor: t}}
			continue
		}
		values, err := t.Floats()
		if err != nil {
			return err
		}
		n := b.newInput(name, t.Dims)
		if err := G.Let(n, tensor.New(tensor.WithShape(t.Dims...), tensor.WithBacking(values))); err != nil {
			return err
		}
		b.values[name] = value{node: n}
	}
	return nil
}

// compareConstant checks a Constant, which is known before anything is built.
func (c *nodeCase) compareConstant(m *Model) error {
	t := m.graph.constants[m.file.Graph.Outputs[0].Name]
	got, err := t.Floats()
	if err != nil {
		return err
	}
	want, err := c.outputs[0].Numbers()
	if err != nil {
		return err
	}
	return compare(Tensor{Shape: t.Dims, Value: got}, c.outputs[0].Dims, want, 0)
}

// singles returns the elements of a value of the graph.
func singles(v G.Value) []float32 {
	if x, ok := v.Data().(float32); ok {
		return []float32{x}
	}
	return v.Data().([]float32)
}

func float32s(wide []float64) []float32 {
	narrow := make([]float32, len(wide))
	for i, x := range wide {
		narrow[i] = float32(x)
	}
	return narrow
}

// tolerance is nodeTolerance, but for tests whose output is rounded to a few
// digits.
func tolerance(test string) float64 {
	if test == "test_averagepool_2d_ceil_last_window_starts_on_pad" {
		return 5e-5
	}
	return nodeTolerance
}

func compare(got Tensor, dims []int, want []float64, tolerance float64) error {
	if !slices.Equal(got.Shape, dims) {
		return fmt.Errorf("shape %v, want %v", got.Shape, dims)
	}
	for i, w := range want {
		g := float64(got.Value[i])
		if g == w || math.IsNaN(g) && math.IsNaN(w) {
			continue
		}
		if diff := math.Abs(g - w); !(diff <= tolerance*(1+math.Abs(w))) {
			return fmt.Errorf("y[%d] = %v, want %v", i, g, w)
		}
	}
	return nil
}
