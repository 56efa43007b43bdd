package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"finetune/internal/onnxfile"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// A value is what a tensor of the model is while a graph is built: a node of
// the expression graph, a constant of the file, or integers that follow from
// shapes.
type value struct {
	node   *G.Node
	tensor *onnxfile.Tensor
	ints   *integers
}

// integers is a constant tensor of integers of rank 0 or 1.
type integers struct {
	values []int
	scalar bool
}

// A node is an ONNX node while it is built.
type node struct {
	record
	label   string
	opset   int64
	builder *builder
	read    []string // Attributes that were asked for.
}

// build calls the operator's builder, and makes sure that it looked at every
// attribute.
func (n *node) build() (value, error) {
	v, err := builders[n.op](n)
	if err != nil {
		return v, err
	}
	for _, name := range slices.Sorted(maps.Keys(n.attributes)) {
		if !slices.Contains(n.read, name) {
			return v, fmt.Errorf("attribute %s = %v in opset %d: %w", name, n.attributes[name], n.opset, ErrUnsupported)
		}
	}
	return v, nil
}

// has reports whether input i is there.
func (n *node) has(i int) bool { return i < len(n.inputs) && n.inputs[i] != "" }

// wantInputs checks the number of inputs.
func (n *node) wantInputs(least, most int) error {
	if len(n.inputs) < least || len(n.inputs) > most {
		return fmt.Errorf("%d inputs, want %d to %d", len(n.inputs), least, most)
	}
	for i := range least {
		if !n.has(i) {
			return fmt.Errorf("input %d is missing", i)
		}
	}
	return nil
}

// x returns input i as a node.
func (n *node) x(i int) (*G.Node, error) {
	x, err := n.builder.float(n.inputs[i])
	if err != nil {
		return nil, fmt.Errorf("input %d: %w", i, err)
	}
	return x, nil
}

// xs returns the inputs as nodes; missing ones at the end are left out.
func (n *node) xs(least, most int) ([]*G.Node, error) {
	if err := n.wantInputs(least, most); err != nil {
		return nil, err
	}
	var xs []*G.Node
	for i := range n.inputs {
		if !n.has(i) {
			break
		}
		x, err := n.x(i)
		if err != nil {
			return nil, err
		}
		xs = append(xs, x)
	}
	return xs, nil
}

// value returns input i, whatever it is.
func (n *node) value(i int) (value, error) {
	v, err := n.builder.value(n.inputs[i])
	if err != nil {
		return v, fmt.Errorf("input %d: %w", i, err)
	}
	return v, nil
}

// constInts returns input i, which must be constant integers.
func (n *node) constInts(i int) (*integers, error) {
	v, err := n.value(i)
	if err != nil {
		return nil, err
	}
	if v.ints == nil && v.tensor != nil && v.tensor.Type.IsInt() {
		return intsOf(v.tensor)
	}
	if v.ints == nil {
		return nil, fmt.Errorf("input %d, %q, is not made of constant integers: %w", i, n.inputs[i], ErrUnsupported)
	}
	return v.ints, nil
}

func intsOf(t *onnxfile.Tensor) (*integers, error) {
	values, err := t.Ints()
	if err != nil {
		return nil, err
	}
	if len(t.Dims) > 1 {
		return nil, fmt.Errorf("integers of shape %v, want rank 0 or 1: %w", t.Dims, ErrUnsupported)
	}
	out := &integers{scalar: len(t.Dims) == 0}
	for _, v := range values {
		out.values = append(out.values, int(v))
	}
	return out, nil
}

// constFloat returns input i, which must be one constant number; fallback if
// it is missing.
func (n *node) constFloat(i int, fallback float32) (float32, error) {
	if !n.has(i) {
		return fallback, nil
	}
	graph := n.builder.model.graph
	t := graph.constants[graph.resolve(n.inputs[i])]
	if t == nil {
		v, err := n.value(i)
		if err != nil {
			return 0, err
		}
		t = v.tensor
	}
	if t == nil {
		return 0, fmt.Errorf("input %d, %q, is not constant: %w", i, n.inputs[i], ErrUnsupported)
	}
	if t.Len() != 1 {
		return 0, fmt.Errorf("input %d has shape %v, want one number", i, t.Dims)
	}
	values, err := t.Floats()
	if err != nil {
		return 0, err
	}
	return values[0], nil
}

// apply puts an operator into the graph.
func (n *node) apply(def op.Def, inputs ...*G.Node) (value, error) {
	y, err := op.Apply(def, inputs...)
	return value{node: y}, err
}

// unary puts an operator of one input into the graph.
func (n *node) unary(def op.Def) (value, error) {
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	return n.apply(def, xs...)
}

// reshape returns x in another shape; x itself if it has that already.
func (n *node) reshape(x *G.Node, to []int) (value, error) {
	if slices.Equal(x.Shape(), to) {
		return value{node: x}, nil
	}
	return n.apply(&op.Reshape{To: to}, x)
}

// attribute returns the attribute of that name, nil if it is missing.
func (n *node) attribute(name string) any {
	n.read = append(n.read, name)
	return n.attributes[name]
}

// ignore says that attributes do not matter.
func (n *node) ignore(names ...string) { n.read = append(n.read, names...) }

// attr returns an attribute, or fallback if it is missing.
func attr[T any](n *node, name string, fallback T) (T, error) {
	a := n.attribute(name)
	if a == nil {
		return fallback, nil
	}
	v, ok := a.(T)
	if !ok {
		return v, fmt.Errorf("attribute %s = %v is %T, want %s", name, a, a, strings.TrimPrefix(fmt.Sprintf("%T", v), "[]"))
	}
	return v, nil
}

// intAttr returns an integer attribute, or fallback.
func (n *node) intAttr(name string, fallback int) (int, error) {
	v, err := attr(n, name, int64(fallback))
	return int(v), err
}

// flag returns an attribute that is 0 or 1.
func (n *node) flag(name string) (bool, error) {
	v, err := n.intAttr(name, 0)
	if err == nil && v != 0 && v != 1 {
		err = fmt.Errorf("attribute %s = %d, want 0 or 1", name, v)
	}
	return v == 1, err
}

// intsAttr returns an attribute of integers, or fallback. Unless count is
// negative there must be count of them.
func (n *node) intsAttr(name string, count int, fallback ...int) ([]int, error) {
	v, err := attr(n, name, []int64(nil))
	if err != nil || v == nil {
		return fallback, err
	}
	if count >= 0 && len(v) != count {
		return nil, fmt.Errorf("attribute %s = %v, want %d integers", name, v, count)
	}
	ints := make([]int, len(v))
	for i, x := range v {
		ints[i] = int(x)
	}
	return ints, nil
}

// wantAttr refuses a value of an attribute other than the one that is known.
func (n *node) wantAttr(name string, known int) error {
	v, err := n.intAttr(name, known)
	if err == nil && v != known {
		err = fmt.Errorf("attribute %s = %d: %w, want %d", name, v, ErrUnsupported, known)
	}
	return err
}

// axis brings a possibly negative axis into [0, rank).
func axis(a, rank int) (int, error) {
	if a < -rank || a >= rank {
		return 0, fmt.Errorf("axis %d, want one from %d to %d", a, -rank, rank-1)
	}
	return (a + rank) % rank, nil
}
