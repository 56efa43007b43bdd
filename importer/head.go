package importer

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"finetune/internal/onnxfile"
)

// A head is what a model classifies with: a linear layer, or several whose
// logits are added or averaged, and behind them only nodes that reorder, add,
// scale or normalize their output.
type head struct {
	classifier
	others []*classifier    // Added to the first, as in LeViT and EfficientFormer.
	output string           // The output of the graph.
	tail   []*onnxfile.Node // Behind the classifiers, the last one first.
}

// A classifier is a linear layer from features to classes.
type classifier struct {
	node     *onnxfile.Node // Gemm, MatMul or Conv.
	features int
	classes  int
	weight   string         // Name of the weight.
	bias     string         // Name of the bias; "" if there is none.
	biasAt   *onnxfile.Node // That reads the bias: node, or an Add.
	classAx  int            // Axis of the weight that counts classes.
}

// classifiers returns those of h.
func (h *head) classifiers() []*classifier {
	return append([]*classifier{&h.classifier}, h.others...)
}

// has reports whether n is a classifier of h.
func (h *head) has(n *onnxfile.Node) bool {
	return slices.ContainsFunc(h.classifiers(), func(c *classifier) bool { return c.node == n })
}

// follow learns what the biases are called now.
func (h *head) follow(v *view) {
	for _, c := range h.classifiers() {
		if c.bias != "" {
			c.bias = v.biasRead(c.biasAt)
		}
	}
}

// tailOperators may follow a classifier.
var tailOperators = map[string]bool{
	"Softmax": true, "LogSoftmax": true, "Flatten": true, "Reshape": true, "Squeeze": true, "Unsqueeze": true,
	"Identity": true, "Dropout": true, "Cast": true, "Transpose": true,
}

// poolOperators may follow a classifier that is a convolution, as in
// SqueezeNet, besides tailOperators.
var poolOperators = map[string]bool{"GlobalAveragePool": true, "AveragePool": true, "ReduceMean": true}

// findHead finds the classifier, looking back from each output of the graph. Of
// several it takes the one that no other is behind, the first of these.
func (v *view) findHead() (*head, error) {
	var reasons []string
	var found []*head
	for _, o := range v.file.Graph.Outputs[:min(maxOutputs, len(v.file.Graph.Outputs))] {
		if t := o.Type; t != 0 && !t.IsFloat() {
			reasons = append(reasons, fmt.Sprintf("output %q is of type %v", o.Name, t))
			continue
		}
		h, reason := v.headOf(o.Name)
		if h != nil {
			found = append(found, h)
			continue
		}
		reasons = append(reasons, fmt.Sprintf("output %q comes from %s", o.Name, reason))
	}
	for i, h := range found {
		if len(found) == 1 || !v.isBehind(slices.Concat(found[:i], found[i+1:]), h) {
			return h, nil
		}
	}
	return nil, fmt.Errorf("importer: %w: %s, want a Gemm, a MatMul or a 1×1 Conv with a constant weight before it",
		ErrNoClassifier, reasons[0])
}

// isBehind reports whether one of others reads what h computes. Two heads with
// one node are apart.
func (v *view) isBehind(others []*head, h *head) bool {
	for _, other := range others {
		for _, c := range other.classifiers() {
			if c.node != h.node && slices.Contains(v.needed(c.node.Inputs[0]), h.node) {
				return true
			}
		}
	}
	return false
}

// maxOutputs bounds the outputs that are looked back from.
const maxOutputs = 64

// headOf looks back from one output. Without success it says what it met.
func (v *view) headOf(output string) (*head, string) {
	h := &head{output: output}
	if s := h.towardsSum(v, output); s.node != nil {
		return h.added(v, s.node)
	}
	h.tail = nil
	return h.one(v, output)
}

// one makes h the head of the classifier that a name comes from.
func (h *head) one(v *view, name string) (*head, string) {
	pooled, add := false, (*onnxfile.Node)(nil)
	for {
		n := v.producer[name]
		switch {
		case n == nil:
			return nil, fmt.Sprintf("the input or constant %q", name)
		case len(n.Inputs) == 0:
			return nil, fmt.Sprintf("%s %q", n.Op, n.Label())
		case n.Op == "Gemm", n.Op == "MatMul", n.Op == "Conv":
			if !h.take(v, n, add, pooled) {
				return nil, fmt.Sprintf("%s %q, which is no classifier", n.Op, n.Label())
			}
			return h, ""
		case n.Op == "Add" && add == nil && len(n.Inputs) == 2 && v.biasOf(n) >= 0:
			add = n
			name = n.Inputs[1-v.biasOf(n)]
			continue
		case poolOperators[n.Op]:
			pooled = true
		case n.Op == "Relu" && pooled: // SqueezeNet's classifier ends with one.
		case !tailOperators[n.Op]:
			return nil, fmt.Sprintf("%s %q", n.Op, n.Label())
		}
		h.tail = append(h.tail, n)
		name = n.Inputs[0]
	}
}

// biasOf returns which input of an Add is the bias of a linear layer, or -1.
func (v *view) biasOf(add *onnxfile.Node) int {
	for i := range add.Inputs {
		if _, t := v.floats(add, i); t != nil && t.Len() > 0 && v.isBias(add, i) {
			return i
		}
	}
	return -1
}

// biasRead returns the name of the bias that n reads: the constant of an Add, or
// the third input of a linear layer; "" if it has none.
func (v *view) biasRead(n *onnxfile.Node) string {
	at := 2
	if n.Op == "Add" {
		at = v.biasOf(n)
	}
	name, _ := v.floats(n, at)
	return name
}

// take makes n the classifier, if it can be one.
func (h *classifier) take(v *view, n, add *onnxfile.Node, pooled bool) bool {
	weight, t := v.floats(n, 1)
	if t == nil {
		return false
	}
	h.node, h.weight, h.biasAt = n, weight, n
	if add != nil {
		h.biasAt = add
	}
	h.bias = v.biasRead(h.biasAt)
	switch n.Op {
	case "Gemm", "MatMul":
		if len(t.Dims) != 2 {
			return false
		}
		h.classAx = 1
		if a := n.Attribute("transB"); a != nil && a.Int != 0 {
			h.classAx = 0
		}
		h.classes, h.features = t.Dims[h.classAx], t.Dims[1-h.classAx]
	case "Conv":
		if len(t.Dims) != 4 || t.Dims[2] != 1 || t.Dims[3] != 1 || !pooled && !v.isPooled(n.Inputs[0]) {
			return false
		}
		if a := n.Attribute("group"); a != nil && a.Int != 1 {
			return false
		}
		h.classes, h.features = t.Dims[0], t.Dims[1]
	}
	return h.classes > 0 && h.features > 0
}

// isPooled reports whether name is the output of global pooling.
func (v *view) isPooled(name string) bool {
	for {
		n := v.producer[name]
		switch {
		case n == nil || len(n.Inputs) == 0:
			return false
		case poolOperators[n.Op]:
			return true
		case !tailOperators[n.Op]:
			return false
		}
		name = n.Inputs[0]
	}
}

// headDeviation is the standard deviation of the weights of a new classifier,
// as torchvision draws them.
const headDeviation = 0.01

// ReplaceHead replaces the classifier by a new one of that many classes, with
// weights drawn from N(0, 0.01²) and, if the classifier has a bias, zeros for
// it. Of several classifiers whose logits are added all are replaced. Names stay
// as they are.
func (m *Model) ReplaceHead(classes int, rng *rand.Rand) error {
	if classes < 1 {
		return fmt.Errorf("importer: replace head: %d classes, want at least 1", classes)
	}
	for _, c := range m.head.classifiers() {
		for _, name := range []string{c.weight, c.bias} {
			if name != "" && m.headReaders(name) != 1 {
				return &OpError{c.node.Op, c.node.Label(), fmt.Errorf("%q belongs to the classifier and to other nodes: %w", name, ErrUnsupported)}
			}
		}
	}
	old := m.head.classes
	for _, c := range m.head.classifiers() {
		m.renew(c, classes, rng)
	}
	m.retarget(old)
	return nil
}

// headReaders counts how often the output needs a constant, also through nodes that
// pass it on. Where exporters merge tensors, such nodes may be left that nothing
// reads.
func (m *Model) headReaders(name string) int {
	count := 0
	for _, n := range m.graph.needed(m.head.output) {
		if m.graph.passesOn(n) {
			continue
		}
		for _, input := range n.Inputs {
			if m.graph.resolve(input) == name {
				count++
			}
		}
	}
	return count
}

// renew gives a classifier new weights for that many classes.
func (m *Model) renew(h *classifier, classes int, rng *rand.Rand) {
	w := &m.Params[m.params[h.weight]]
	w.Shape[h.classAx] = classes
	w.Value = make([]float32, product(w.Shape))
	for i := range w.Value {
		w.Value[i] = float32(rng.NormFloat64() * headDeviation)
	}
	if h.bias != "" {
		b := &m.Params[m.params[h.bias]]
		b.Shape = biasShape(b.Shape, h.classes, classes)
		b.Value = make([]float32, product(b.Shape))
	}
	h.classes = classes
	for _, name := range []string{h.weight, h.bias} {
		if name != "" {
			p := m.Params[m.params[name]]
			m.graph.set(name, func(t *onnxfile.Tensor) { t.SetFloats(p.Shape, p.Value) })
		}
	}
}

// biasShape returns shape for another number of classes; a bias that was one
// number for all becomes one for each.
func biasShape(shape []int, old, classes int) []int {
	out := slices.Clone(shape)
	for i, size := range out {
		if size == old {
			out[i] = classes
			return out
		}
	}
	return []int{classes}
}

// retarget changes the number of classes where the tail of the graph states
// it, and drops types that are wrong now.
func (m *Model) retarget(old int) {
	wrong := map[string]bool{}
	for _, c := range m.head.classifiers() {
		wrong[c.node.Outputs[0]], wrong[c.biasAt.Outputs[0]] = true, true
	}
	for _, n := range m.nodes {
		if m.graph.passesOn(n) && m.isHeads(m.graph.resolve(n.Outputs[0])) {
			wrong[n.Outputs[0]] = true
		}
	}
	m.graph.counted = nil
	for _, n := range m.head.tail {
		wrong[n.Outputs[0]] = true
		m.graph.editTarget(n, func(target []int64) {
			for i, size := range target {
				if size == int64(old) {
					target[i] = int64(m.head.classes)
				}
			}
		})
	}
	g := m.file.Graph
	g.ValueInfos = slices.DeleteFunc(g.ValueInfos, func(v *onnxfile.ValueInfo) bool { return wrong[v.Name] })
}

// isHeads reports whether a constant is a weight or a bias of the head.
func (m *Model) isHeads(name string) bool {
	return slices.ContainsFunc(m.head.classifiers(), func(c *classifier) bool { return name == c.weight || name == c.bias })
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
