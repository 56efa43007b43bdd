package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"finetune/internal/onnxfile"
	"finetune/internal/op"
)

// A node is an ONNX node while it is built.
type node struct {
	record
	label   string
	opset   int64
	builder *builder
	source  *onnxfile.Node
	more    []value  // Outputs behind the first.
	read    []string // Attributes that were asked for.
}

// build calls the operator's builder, and makes sure that it looked at every
// attribute.
func (n *node) build() (value, error) {
	if err := checkOperatorOpset(n.op, n.opset); err != nil {
		return value{}, err
	}
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

// value returns input i, whatever it is. An [N,H,W,C] input is transposed to
// that where something else than the Transpose reads it.
func (n *node) value(i int) (value, error) {
	v, err := n.builder.value(n.inputs[i])
	if err != nil {
		return v, fmt.Errorf("input %d: %w", i, err)
	}
	if n.builder.model.nhwc && n.op != "Transpose" && !n.builder.model.graph.passesOn(n.source) && n.readsImages(i) {
		return n.channelsLast()
	}
	return v, nil
}

// readsImages reports whether input i is the model's.
func (n *node) readsImages(i int) bool {
	m := n.builder.model
	return m.graph.resolve(n.inputs[i]) == m.input.Name
}

// channelsLast returns the images as [N,H,W,C].
func (n *node) channelsLast() (value, error) {
	b := n.builder
	if b.channelsLast.node == nil {
		var err error
		if b.channelsLast, err = n.transpose(value{node: b.out.Images}, 0, 2, 3, 1); err != nil {
			return value{}, err
		}
	}
	return b.channelsLast, nil
}

// x returns input i, which must hold floats.
func (n *node) x(i int) (value, error) {
	v, err := n.value(i)
	if err == nil && v.kind != floating {
		err = fmt.Errorf("input %d: %q holds %v, want floats", i, n.inputs[i], v.kind)
	}
	return v, err
}

// any returns the inputs; missing ones at the end are left out, others refused.
func (n *node) any(least, most int) ([]value, error) {
	if err := n.wantInputs(least, most); err != nil {
		return nil, err
	}
	var vs []value
	for i := range n.inputs {
		if !n.has(i) {
			if later := slices.IndexFunc(n.inputs[i:], func(name string) bool { return name != "" }); later > 0 {
				return nil, fmt.Errorf("input %d is missing, and input %d is there", i, i+later)
			}
			break
		}
		v, err := n.value(i)
		if err != nil {
			return nil, err
		}
		vs = append(vs, v)
	}
	return vs, nil
}

// alike is any for inputs of one kind.
func (n *node) alike(least, most int) ([]value, error) {
	vs, err := n.any(least, most)
	if err != nil {
		return nil, err
	}
	for i, v := range vs {
		if v.kind != vs[0].kind {
			return nil, fmt.Errorf("input %d: %q holds %v, want %v", i, n.inputs[i], v.kind, vs[0].kind)
		}
	}
	return vs, nil
}

// booleans returns the inputs, so many, which must hold booleans.
func (n *node) booleans(count int) ([]value, error) {
	vs, err := n.alike(count, count)
	if err == nil && vs[0].kind != boolean {
		err = fmt.Errorf("input 0: %q holds %v, want booleans", n.inputs[0], vs[0].kind)
	}
	return vs, err
}

// xs is any for inputs that must hold floats.
func (n *node) xs(least, most int) ([]value, error) {
	vs, err := n.any(least, most)
	if err != nil {
		return nil, err
	}
	for i := range vs {
		if _, err := n.x(i); err != nil {
			return nil, err
		}
	}
	return vs, nil
}

// constInput returns input i, which must be constant and of that kind.
func (n *node) constInput(i int, k kind) (*constant, error) {
	v, err := n.value(i)
	if err != nil {
		return nil, err
	}
	if v.constant == nil || v.kind != k {
		return nil, fmt.Errorf("input %d, %q, is not made of constant %v: %w", i, n.inputs[i], k, ErrUnsupported)
	}
	return v.constant, nil
}

// constInts returns input i, which must be constant integers of rank 0 or 1.
func (n *node) constInts(i int) ([]int, error) {
	c, err := n.constInput(i, integer)
	if err != nil {
		return nil, err
	}
	if len(c.dims) > 1 {
		return nil, fmt.Errorf("input %d has shape %v, want rank 0 or 1", i, c.dims)
	}
	return c.ints()
}

// constFloats returns input i, which must be constant numbers, in order.
func (n *node) constFloats(i int) ([]float64, error) {
	name := n.builder.model.graph.resolve(n.inputs[i])
	if t := n.builder.model.graph.constants[name]; t != nil && t.Type.IsFloat() {
		return (&constant{tensor: t}).values() // Even where training moves it.
	}
	c, err := n.constInput(i, floating)
	if err != nil {
		return nil, err
	}
	return c.values()
}

// constFloat returns input i, which must be one constant number; fallback if
// it is missing.
func (n *node) constFloat(i int, fallback float64) (float64, error) {
	if !n.has(i) {
		return fallback, nil
	}
	values, err := n.constFloats(i)
	if err == nil && len(values) != 1 {
		err = fmt.Errorf("input %d has %d numbers, want one", i, len(values))
	}
	if err != nil {
		return 0, err
	}
	return values[0], nil
}

// reshape returns x in another shape; x itself if it has that already.
func (n *node) reshape(x value, to []int) (value, error) {
	switch {
	case slices.Equal(x.Shape(), to):
		return x, nil
	case x.constant != nil:
		if product(to) != product(x.Shape()) {
			return value{}, fmt.Errorf("shape %v: want %d elements, as x of shape %v has", to, product(x.Shape()), x.Shape())
		}
		data, err := x.constant.values()
		return newConstant(x.kind, to, data...), err
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

// number returns an attribute of a number, or fallback.
func (n *node) number(name string, fallback float32) (float64, error) {
	v, err := attr(n, name, fallback)
	return float64(v), err
}

// intAttr returns an integer attribute, or fallback.
func (n *node) intAttr(name string, fallback int) (int, error) {
	v, err := attr(n, name, int64(fallback))
	return int(v), err
}

// flag returns an attribute that is 0 or 1, 0 if it is not there.
func (n *node) flag(name string) (bool, error) { return n.flagOr(name, 0) }

// keepdims returns that attribute, which is 1 if it is not there.
func (n *node) keepdims() (bool, error) { return n.flagOr("keepdims", 1) }

// flagOr returns an attribute that is 0 or 1, or fallback.
func (n *node) flagOr(name string, fallback int) (bool, error) {
	v, err := n.intAttr(name, fallback)
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

// axisAttr returns the attribute axis, or fallback without it, in [0, rank).
func (n *node) axisAttr(fallback, rank int) (int, error) {
	a, err := n.intAttr("axis", fallback)
	if err != nil {
		return 0, err
	}
	return axis(a, rank)
}

// axis brings a possibly negative axis into [0, rank).
func axis(a, rank int) (int, error) {
	if a < -rank || a >= rank {
		return 0, fmt.Errorf("axis %d, want one from %d to %d", a, -rank, rank-1)
	}
	return (a + rank) % rank, nil
}
