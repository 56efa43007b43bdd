package importer

import (
	"fmt"
	"slices"

	"finetune/internal/onnxfile"
)

// A Model is an image classifier from an ONNX file.
type Model struct {
	// Params are what training moves: weights and biases of Conv, Gemm and
	// MatMul, gamma and beta of BatchNormalization, in graph order.
	Params []Tensor
	// Statistics are the running means and variances of BatchNormalization,
	// in graph order.
	Statistics []Tensor
	// Metadata holds the metadata_props of the file.
	Metadata map[string]string

	file  *onnxfile.Model
	graph *view
	head  *head
	input *onnxfile.ValueInfo
	nhwc  bool // The input is [N,H,W,C], and is transposed before it is convolved.

	preprocessed bool   // The file preprocessed images itself.
	images       string // Its input, if it did.
	quantized    bool   // The file is in QDQ form.

	records []record
	nodes   []*onnxfile.Node // The node of each record.
	params  map[string]int   // By name, index into Params.
	stats   map[string]int   // By name, index into Statistics.
}

// Load reads a classifier. It refers to data as long as it lives, so data must
// not change.
//
// Errors wrap ErrFormat, ErrOpset, ErrNoClassifier, ErrInput or ErrUnsupported;
// [Remedy] says what may be done about them. Operators
// that are not known are reported together, in an [UnsupportedError].
func Load(data []byte) (*Model, error) {
	m, err := open(data)
	if err != nil {
		return nil, err
	}
	m.head, err = m.graph.findHead()
	if err != nil {
		return nil, err
	}
	m.dropSoftmax()
	return m, m.prepare(m.head.output)
}

// open checks and decodes a file whose operators mean what they mean here.
func open(data []byte) (*Model, error) {
	m, err := parse(data)
	if err != nil {
		return nil, err
	}
	if err := checkOpset(m.file); err != nil {
		return nil, err
	}
	return m, m.graph.foldRearranged()
}

// checkInput checks the shape of the input.
func (m *Model) checkInput() error {
	if m.input.HasShape && len(m.input.Dims) != 4 {
		return fmt.Errorf("importer: %w: input %q has shape %v, want rank 4 [N,C,H,W]", ErrInput, m.input.Name, m.input.Dims)
	}
	m.nhwc = m.readsNHWC()
	return nil
}

// parse checks and decodes the file.
func parse(data []byte) (*Model, error) {
	file, err := onnxfile.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("importer: %w: %w", ErrFormat, err)
	}
	m := &Model{file: file, Metadata: map[string]string{}}
	for _, e := range file.Metadata {
		m.Metadata[e.Key] = e.Value
	}
	if m.graph, err = newView(file); err != nil {
		return nil, err
	}
	return m, m.readForm()
}

// prepare readies the part of the graph that output needs: it is what Build
// builds.
func (m *Model) prepare(output string) error {
	m.nodes = m.graph.needed(output)
	if err := checkOperators(m.nodes); err != nil {
		return err
	}
	if err := m.graph.checkOutputs(m.nodes); err != nil {
		return err
	}
	if err := m.findInput(); err != nil {
		return err
	}
	if err := m.checkInput(); err != nil {
		return err
	}
	m.graph.findMakers(m.nodes)
	if err := m.graph.standardizeByInstance(m.nodes); err != nil {
		return err
	}
	m.nodes = m.graph.needed(output)
	m.graph.partNeutral(m.nodes)
	m.graph.inferenceForm(m.nodes)
	fixed := m.openInput()
	if fixed > 0 && !m.traceable(fixed) {
		m.graph.freeTargets(m.nodes, fixed)
		fixed = 0
	}
	if err := m.ready(output); err != nil || fixed == 0 {
		return err
	}
	if err := m.freeBatch(fixed); err != nil {
		return err
	}
	m.nodes = m.graph.needed(output)
	return m.ready(output)
}

// ready finds the parameters of the nodes, and decodes these.
func (m *Model) ready(output string) error {
	if err := m.graph.untie(m.nodes); err != nil {
		return err
	}
	if m.head != nil {
		m.head.follow(m.graph)
	}
	if err := m.collect(); err != nil {
		return err
	}
	var err error
	m.records, err = decode(m.nodes, output)
	return err
}

// checkOperators reports all unsupported operators at once.
func checkOperators(nodes []*onnxfile.Node) error {
	var unsupported UnsupportedError
	for _, n := range nodes {
		switch {
		case !onnxfile.IsONNX(n.Domain):
			unsupported.add(n.Domain+"."+n.Op, n)
		case builders[n.Op] == nil:
			unsupported.add(n.Op, n)
		}
	}
	if len(unsupported.Nodes) == 0 {
		return nil
	}
	return &unsupported
}

// findInput finds the one input that is an image.
func (m *Model) findInput() error {
	used := map[string]bool{}
	for _, n := range m.nodes {
		for _, name := range n.Inputs {
			used[name] = true
		}
	}
	var names []string
	for _, v := range m.file.Graph.Inputs {
		if used[v.Name] && m.graph.constants[v.Name] == nil {
			m.input = v
			names = append(names, v.Name)
		}
	}
	if len(names) != 1 {
		return fmt.Errorf("importer: %w: %d inputs %q lead to the classifier, want 1", ErrInput, len(names), names)
	}
	if t := m.input.Type; t != 0 && !t.IsFloat() {
		return fmt.Errorf("importer: %w: input %q is of type %v, want float", ErrInput, m.input.Name, t)
	}
	return nil
}

// readsNHWC reports whether the input is [N,H,W,C]: all that is done with it is
// arithmetic with constants, padding, and to transpose it to [N,C,H,W].
func (m *Model) readsNHWC() bool {
	images := map[string]bool{m.input.Name: true}
	found := false
	for _, n := range m.nodes {
		if !slices.ContainsFunc(n.Inputs, func(name string) bool { return images[name] }) {
			continue
		}
		if n.Op == "Transpose" {
			perm := n.Attribute("perm")
			if perm == nil || !slices.Equal(perm.Ints, []int64{0, 3, 1, 2}) {
				return false
			}
			found = true
			continue
		}
		if !m.graph.prepares(n) {
			return false
		}
		images[n.Outputs[0]] = true
	}
	return found
}

// prepares reports whether n is what models do with images before they transpose
// them: it passes them on, or is arithmetic or padding by constants.
func (v *view) prepares(n *onnxfile.Node) bool {
	switch n.Op {
	case "Cast", "Identity":
		return v.passesOn(n)
	case "Add", "Div", "Mul", "Pad", "Sub":
	default:
		return false
	}
	variable := 0
	for _, name := range n.Inputs {
		if name != "" && v.constants[v.resolve(name)] == nil {
			variable++
		}
	}
	return variable == 1
}

// Layout returns the order of the axes of the file's input, "NCHW" or "NHWC".
// Graph.Images is [N,C,H,W] for both.
func (m *Model) Layout() string {
	if m.nhwc {
		return "NHWC"
	}
	return "NCHW"
}

// InputName returns the name of the file's input.
func (m *Model) InputName() string { return m.input.Name }

// InputSize returns the sizes of the input images, 0 for what the file leaves
// open.
func (m *Model) InputSize() (channels, height, width int) {
	if !m.input.HasShape {
		return 0, 0, 0
	}
	d := m.input.Dims
	if m.nhwc {
		return int(d[3].Size), int(d[1].Size), int(d[2].Size)
	}
	return int(d[1].Size), int(d[2].Size), int(d[3].Size)
}

// SetInputSize changes the height and width that the written file states for
// its input, for a model that was trained at another size. 0 leaves it open.
func (m *Model) SetInputSize(height, width int) {
	channels, _, _ := m.InputSize()
	batch := onnxfile.Dim{Name: batchName}
	if m.input.HasShape {
		batch = m.input.Dims[0]
	}
	c, h, w := onnxfile.Dim{Size: int64(channels)}, onnxfile.Dim{Size: int64(height)}, onnxfile.Dim{Size: int64(width)}
	if m.nhwc {
		m.input.SetType(onnxfile.TypeFloat, batch, h, w, c)
	} else {
		m.input.SetType(onnxfile.TypeFloat, batch, c, h, w)
	}
	m.graph.file.Graph.ValueInfos = nil
}

// Classes returns the number of classes.
func (m *Model) Classes() int { return m.head.classes }

// Features returns the number of features that the classifier reads.
func (m *Model) Features() int { return m.head.features }

// HeadParams returns the indices into Params of the classifier's weight and,
// if it has one, its bias; of each classifier if there are several.
func (m *Model) HeadParams() []int {
	var indices []int
	for _, c := range m.head.classifiers() {
		indices = append(indices, m.params[c.weight])
		if c.bias != "" {
			indices = append(indices, m.params[c.bias])
		}
	}
	return indices
}
