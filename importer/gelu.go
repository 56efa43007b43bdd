package importer

import (
	"math"
	"slices"

	"finetune/internal/onnxfile"
	"finetune/internal/op"
)

// gelu builds a product that is x·½·(1 + erf(x/√2)), as exporters write Gelu
// before opset 20, as one operator; ok is false for any other product. What the
// product is made of stays in the graph for whatever else reads it.
func (n *node) gelu() (y value, ok bool, err error) {
	b := n.builder
	all, _ := b.factors(n.source, "")
	for _, name := range all {
		x := b.erfArgument(name)
		if x == "" {
			continue
		}
		factors, scale := b.factors(n.source, x)
		if !near(scale, 0.5) || !slices.Equal(factors, []string{x, name}) && !slices.Equal(factors, []string{name, x}) {
			return value{}, false, nil
		}
		v, err := b.value(x)
		if err != nil || v.constant != nil || v.kind != floating {
			return value{}, false, err
		}
		y, err = n.apply(&op.Map{Function: op.Gelu}, v)
		return y, true, err
	}
	return value{}, false, nil
}

// deepestProduct is how many products of a product are looked into: Gelu has
// two.
const deepestProduct = 2

// factors lists the tensors that a product of products multiplies, and
// multiplies the numbers among them. The tensor whole is not looked into.
func (b *builder) factors(n *onnxfile.Node, whole string) (names []string, scale float64) {
	scale = 1
	var visit func(n *onnxfile.Node, depth int)
	visit = func(n *onnxfile.Node, depth int) {
		for _, name := range n.Inputs {
			p := b.model.graph.producer[name]
			switch c, known := b.single(name); {
			case known:
				scale *= c
			case p != nil && p.Op == "Mul" && name != whole && depth > 0:
				visit(p, depth-1)
			default:
				names = append(names, name)
			}
		}
	}
	visit(n, deepestProduct)
	return names, scale
}

// erfArgument returns the x of a tensor that is 1 + erf(x/√2); "" for any other.
func (b *builder) erfArgument(name string) string {
	erf := b.model.graph.producer[b.otherThan(b.model.graph.producer[name], "Add", 1)]
	if erf == nil || erf.Op != "Erf" || len(erf.Inputs) != 1 {
		return ""
	}
	inner := b.model.graph.producer[erf.Inputs[0]]
	if inner == nil || inner.Op != "Div" || len(inner.Inputs) != 2 {
		return b.otherThan(inner, "Mul", math.Sqrt2/2)
	}
	if c, known := b.single(inner.Inputs[1]); known && near(c, math.Sqrt2) {
		return inner.Inputs[0]
	}
	return ""
}

// otherThan returns the input of a commutative node besides a number; "" if the
// node is of another operator or has no such number.
func (b *builder) otherThan(n *onnxfile.Node, operator string, number float64) string {
	if n == nil || n.Op != operator || len(n.Inputs) != 2 {
		return ""
	}
	for i, name := range n.Inputs {
		if c, known := b.single(name); known && near(c, number) {
			return n.Inputs[1-i]
		}
	}
	return ""
}

// single returns the number that a constant of one element is.
func (b *builder) single(name string) (c float64, known bool) {
	v, err := b.value(name)
	if err != nil || v.constant == nil || v.kind != floating || product(v.constant.dims) != 1 {
		return 0, false
	}
	data, err := v.constant.values()
	if err != nil || len(data) != 1 {
		return 0, false
	}
	return data[0], true
}

// near allows for a number that was rounded to single precision.
func near(got, want float64) bool { return math.Abs(got-want) <= 1e-6*want }
