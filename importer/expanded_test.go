package importer

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
)

// TestUnexpanded multiplies x of shape [4], and g of shape [1] as Expand repeats it,
// and asks of what shapes the factors are.
func TestUnexpanded(t *testing.T) {
	for _, c := range []struct {
		nodes         string
		first, second []int
	}{
		{"Expand g to e, Mul x e y", []int{4}, []int{1}},
		{"Expand g to e, Mul e x y", []int{1}, []int{4}},
		{"Expand g to e, Expand g to f, Mul e f y", []int{1}, []int{4}},
		{"Expand g to e, Mul e g y", []int{4}, []int{1}},
		{"Expand g to e, Tanh e f, Mul f x y", []int{4}, []int{4}},
		{"Expand x to e, Mul e x y", []int{4}, []int{4}},
	} {
		b := geluBuilder(c.nodes)
		b.values["g"] = value{node: b.newInput("g", []int{1})}
		b.values["to"] = newConstant(integer, []int{1}, 4)
		for i := range b.model.nodes {
			if err := b.step(i); err != nil {
				t.Fatalf("%s: %v", c.nodes, err)
			}
		}
		factors := b.out.G.From(b.values["y"].node.ID())
		for _, want := range [][]int{c.first, c.second} {
			if factors.Next(); !slices.Equal([]int(factors.Node().(*G.Node).Shape()), want) {
				t.Errorf("%s: a factor of shape %v, want %v", c.nodes, factors.Node().(*G.Node).Shape(), want)
			}
		}
	}
}
