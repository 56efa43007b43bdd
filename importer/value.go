package importer

import (
	"fmt"
	"math"

	"finetune/internal/onnxfile"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// A value is what a tensor of the model is while a graph is built: a node of
// the expression graph, or a constant, which what follows from the file and
// from shapes alone is.
type value struct {
	node     *G.Node
	constant *constant // nil for a node.
	kind     kind
}

// A kind is a class of element types.
type kind uint8

const (
	floating kind = iota
	integer
	boolean
)

// String says what a tensor of the kind holds.
func (k kind) String() string { return [...]string{"floats", "integers", "booleans"}[k] }

// kindOf returns the kind of an element type.
func kindOf(t onnxfile.DataType) kind {
	switch {
	case t.IsFloat():
		return floating
	case t == onnxfile.TypeBool:
		return boolean
	default:
		return integer
	}
}

// A constant is a tensor that is known when the graph is built.
type constant struct {
	dims   []int
	data   []float64        // Row-major. Integers beyond 2^53 are rounded.
	tensor *onnxfile.Tensor // In the file, as long as data is nil.
	node   *G.Node          // nil before it is in the graph.
}

// maxConstant bounds the elements of a constant that is computed.
const maxConstant = 1 << 22

// newConstant returns a value that is known.
func newConstant(k kind, dims []int, data ...float64) value {
	return value{kind: k, constant: &constant{dims: dims, data: data}}
}

// number returns a constant of rank 0.
func number(x float64) value { return newConstant(floating, nil, x) }

// shapeOf returns the tensor of integers that states a shape.
func shapeOf(dims []int) value {
	data := make([]float64, len(dims))
	for i, d := range dims {
		data[i] = float64(d)
	}
	return newConstant(integer, []int{len(dims)}, data...)
}

// Shape returns the shape of v.
func (v value) Shape() tensor.Shape {
	if v.constant != nil {
		return v.constant.dims
	}
	return v.node.Shape()
}

// as returns v under another kind.
func (v value) as(k kind) value {
	v.kind = k
	return v
}

// values decodes the elements.
func (c *constant) values() ([]float64, error) {
	if c.data != nil || c.tensor == nil {
		return c.data, nil
	}
	if t := c.tensor; kindOf(t.Type) != floating && t.Len() > maxConstant {
		return nil, fmt.Errorf("%d %v: %w, want at most %d", t.Len(), kindOf(t.Type), ErrUnsupported, maxConstant)
	}
	var err error
	c.data, err = c.tensor.Numbers()
	return c.data, err
}

func float64s(narrow []float32) []float64 {
	wide := make([]float64, len(narrow))
	for i, x := range narrow {
		wide[i] = float64(x)
	}
	return wide
}

// ints returns the elements as integers. What an int cannot hold becomes the
// nearest that it can, as ends of slices are.
func (c *constant) ints() ([]int, error) {
	data, err := c.values()
	if err != nil {
		return nil, err
	}
	ints := make([]int, len(data))
	for i, x := range data {
		ints[i] = int(math.Max(-1<<62, math.Min(1<<62, x)))
	}
	return ints, nil
}

// value returns what a name stands for.
func (b *builder) value(name string) (value, error) {
	if v, ok := b.values[name]; ok {
		return v, nil
	}
	t := b.model.graph.constants[name]
	if t == nil {
		return value{}, fmt.Errorf("%q has no value", name)
	}
	v := b.known.same(value{kind: kindOf(t.Type), constant: &constant{dims: t.Dims, tensor: t}})
	b.values[name] = v
	return v, nil
}

// float returns the node of a name, which must hold floats.
func (b *builder) float(name string) (*G.Node, error) {
	v, err := b.value(name)
	if err != nil {
		return nil, err
	}
	if v.kind != floating {
		return nil, fmt.Errorf("%q holds %v, want floats", name, v.kind)
	}
	return b.node(v)
}

// node returns v as a node; a constant becomes one.
func (b *builder) node(v value) (*G.Node, error) {
	if v.node != nil {
		return v.node, nil
	}
	c := v.constant
	if c.node != nil {
		return c.node, nil
	}
	if c.tensor != nil && c.data == nil && kindOf(c.tensor.Type) == floating && b.dtype == tensor.Float32 && c.tensor.Len() > 0 {
		narrow, err := c.tensor.Floats()
		if err != nil {
			return nil, err
		}
		c.node = b.newConstant(c.dims, narrow)
		return c.node, nil
	}
	data, err := c.values()
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("a constant of shape %v has no elements: %w", tensor.Shape(c.dims), ErrUnsupported)
	}
	c.node = b.constant(c.dims, data)
	return c.node, nil
}

// constant makes a Gorgonia constant.
func (b *builder) constant(dims []int, data []float64) *G.Node {
	var backing any = data
	if b.dtype == tensor.Float32 {
		narrow := make([]float32, len(data))
		for i, x := range data {
			narrow[i] = float32(x)
		}
		backing = narrow
	}
	return b.newConstant(dims, backing)
}

// newConstant makes a constant of the graph of a slice.
func (b *builder) newConstant(dims []int, backing any) *G.Node {
	b.constants++
	if len(dims) == 0 {
		dims = []int{1} // It broadcasts as a scalar does.
	}
	return op.Constant(b.out.G, b.constants, tensor.New(tensor.WithShape(dims...), tensor.WithBacking(backing)))
}
