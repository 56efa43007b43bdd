package importer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"finetune/internal/onnxfile"
)

// A Report is what [Inspect] finds in a file. What the file does not tell, or
// an obstacle hides, is zero.
type Report struct {
	Producer  string          `json:"producer"`
	Opset     int64           `json:"opset"`
	Operators []OperatorCount `json:"operators"`
	BatchNorm BatchNormForm   `json:"batch_norm"`
	Input     InputReport     `json:"input"`
	Head      string          `json:"head"` // Its node, and how it was found.
	Features  int             `json:"features"`
	Classes   int             `json:"classes"`

	Parameters int        `json:"parameters"` // Numbers that training moves.
	Statistics int        `json:"statistics"` // Numbers of running means and variances.
	Obstacles  []Obstacle `json:"obstacles"`

	Model *Model `json:"-"` // Nil if there are obstacles.
}

// An OperatorCount counts the nodes of an operator, in the part of the graph
// that is trained.
type OperatorCount struct {
	Operator string `json:"operator"` // With its domain, such as "com.microsoft.FusedConv".
	Nodes    int    `json:"nodes"`
}

// A BatchNormForm says how a file has BatchNorm.
type BatchNormForm string

// The forms of BatchNorm.
const (
	BatchNormUnfolded BatchNormForm = "unfolded" // BatchNormalization nodes for inference.
	BatchNormTrain    BatchNormForm = "train"    // BatchNormalization nodes for training.
	BatchNormFolded   BatchNormForm = "folded"   // None, and convolutions with biases.
	BatchNormNone     BatchNormForm = "none"
)

// An InputReport describes the input.
type InputReport struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Shape   []string `json:"shape"`   // Sizes, names, or "?".
	Dynamic []int    `json:"dynamic"` // Axes that the file leaves open.
}

// An Obstacle keeps a model from being trained.
type Obstacle struct {
	Node    string `json:"node"` // Name of the node, or the part of the file; "" if it is the file itself.
	Problem string `json:"problem"`
	Remedy  string `json:"remedy"`
}

// Inspect looks at a file as [Load] and [Model.Build] do, or [LoadFeatures] if
// features is not "", and goes on where they stop.
func Inspect(data []byte, features string) *Report {
	r := &Report{Operators: []OperatorCount{}, Obstacles: []Obstacle{}}
	m, err := parse(data)
	if err != nil {
		r.Add(err)
		return r
	}
	r.Producer, r.Opset = m.file.Producer, m.file.OpsetVersion()
	r.Add(checkOpset(m.file))
	output := r.end(m, features)
	m.nodes = m.graph.needed(output)
	m.graph.findMakers(m.nodes)
	r.Operators, r.BatchNorm = countOperators(m.nodes), m.graph.batchNormForm(m.nodes)
	r.Add(checkOperators(m.nodes))
	r.Add(m.graph.checkOutputs(m.nodes))
	r.Add(m.findInput())
	if m.input != nil {
		r.Input = inputReport(m.input)
	}
	if len(r.Obstacles) == 0 {
		r.build(data, features)
	}
	return r
}

// end returns the tensor that ends what is trained.
func (r *Report) end(m *Model, features string) string {
	if features != "" {
		output, err := m.graph.tensorCalled(features)
		r.Add(err)
		return cmp.Or(output, m.file.Graph.Outputs[0].Name)
	}
	h, err := m.graph.findHead()
	if err != nil {
		r.Add(err)
		return m.file.Graph.Outputs[0].Name
	}
	return h.output
}

// build does what training would.
func (r *Report) build(data []byte, features string) {
	load := Load
	if features != "" {
		load = func(data []byte) (*Model, error) { return LoadFeatures(data, features) }
	}
	m, err := load(data)
	if err != nil {
		r.Add(err)
		return
	}
	r.describeHead(m, features)
	r.Parameters = m.parameters()
	for _, s := range m.Statistics {
		r.Statistics += len(s.Value)
	}
	o := BuildOptions{Batch: 1, Mode: TrainFrozen, Loss: true}
	if _, height, width := m.InputSize(); height == 0 || width == 0 {
		o.Height, o.Width = assumedSize, assumedSize
	}
	if _, err := m.Build(o); err != nil {
		r.addFaults(m, o, err)
		return
	}
	r.Model = m
}

// addFaults adds the nodes that cannot be built, or what Build said if it is
// none of them.
func (r *Report) addFaults(m *Model, o BuildOptions, err error) {
	images, shapeErr := m.imageShape(o)
	if shapeErr != nil {
		r.Add(err)
		return
	}
	faults := m.newBuilder(o, images).faults()
	for _, fault := range faults {
		r.Add(fault)
	}
	if len(faults) == 0 {
		r.Add(err)
	}
}

func (r *Report) describeHead(m *Model, features string) {
	h := m.head
	r.Features, r.Classes = h.features, h.classes
	if features != "" {
		r.Head = fmt.Sprintf("none; a new %s goes on %q, as --features says", h.node.Op, features)
		return
	}
	r.Head = fmt.Sprintf("%s %q, found back from output %q by its constant weight of shape %v", h.node.Op, h.node.Label(), h.output, m.Params[m.params[h.weight]].Shape)
	for _, c := range h.others {
		r.Head += fmt.Sprintf(", and %s %q, whose logits are added to these", c.node.Op, c.node.Label())
	}
	var behind []string
	for _, n := range slices.Backward(h.tail) {
		behind = append(behind, n.Op)
	}
	if len(behind) > 0 {
		r.Head += ", behind it " + strings.Join(behind, ", ")
	}
}

// Add adds the obstacles that an error tells of; nil tells of none.
func (r *Report) Add(err error) {
	if err == nil {
		return
	}
	var unsupported *UnsupportedError
	var node *OpError
	var format *onnxfile.FormatError
	switch {
	case errors.As(err, &unsupported):
		for _, op := range unsupported.Operators() {
			r.Obstacles = append(r.Obstacles, Obstacle{unsupported.nodes(op), "operator " + op + " is not supported", operatorRemedy(op)})
		}
	case errors.As(err, &node):
		r.Obstacles = append(r.Obstacles, Obstacle{fmt.Sprintf("%q", node.Node), node.Op + ": " + node.Err.Error(), Remedy(err)})
	case errors.As(err, &format):
		r.Obstacles = append(r.Obstacles, Obstacle{format.Path, format.Err.Error(), Remedy(err)})
	default:
		r.Obstacles = append(r.Obstacles, Obstacle{"", strings.TrimPrefix(err.Error(), "importer: "), Remedy(err)})
	}
}

// countOperators counts the nodes, the most frequent operators first.
func countOperators(nodes []*onnxfile.Node) []OperatorCount {
	counts := map[string]int{}
	for _, n := range nodes {
		name := n.Op
		if !onnxfile.IsONNX(n.Domain) {
			name = n.Domain + "." + name
		}
		counts[name]++
	}
	list := make([]OperatorCount, 0, len(counts))
	for op, n := range counts {
		list = append(list, OperatorCount{op, n})
	}
	slices.SortFunc(list, func(a, b OperatorCount) int {
		return cmp.Or(cmp.Compare(b.Nodes, a.Nodes), strings.Compare(a.Operator, b.Operator))
	})
	return list
}

// batchNormForm looks at the nodes before they are brought into inference form,
// but for those that make weights.
func (v *view) batchNormForm(nodes []*onnxfile.Node) BatchNormForm {
	form := BatchNormNone
	for _, n := range nodes {
		if v.makers[n] {
			continue
		}
		switch n.Op {
		case "BatchNormalization":
			mode := n.Attribute("training_mode")
			if mode != nil && mode.Int != 0 || len(n.Outputs) > 1 {
				return BatchNormTrain
			}
			form = BatchNormUnfolded
		case "Conv":
			if form == BatchNormNone && len(n.Inputs) > 2 {
				form = BatchNormFolded
			}
		}
	}
	return form
}

func inputReport(v *onnxfile.ValueInfo) InputReport {
	r := InputReport{Name: v.Name, Type: v.Type.String()}
	for i, d := range v.Dims {
		r.Shape = append(r.Shape, d.String())
		if d.Size == 0 {
			r.Dynamic = append(r.Dynamic, i)
		}
	}
	return r
}
