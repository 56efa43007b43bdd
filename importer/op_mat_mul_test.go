package importer

import (
	"slices"
	"testing"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestTransposedProduct builds products of stacks of matrices, of which the second
// may be a transposed one.
func TestTransposedProduct(t *testing.T) {
	for _, c := range []struct {
		name       string
		perm       []int
		scale      float64
		transposed bool
	}{
		{"keys", []int{0, 2, 1}, 1, true},
		{"keys times a number", []int{0, 2, 1}, 0.5, true},
		{"another permutation", []int{1, 2, 0}, 1, false},
		{"no permutation", []int{0, 1, 2}, 0.5, false},
	} {
		b := geluBuilder("Sigmoid x y")
		n := &node{builder: b}
		q, k := value{node: b.newInput("q", []int{3, 2, 3})}, value{node: b.newInput("k", []int{3, 3, 3})}
		keys, err := n.transpose(k, c.perm...)
		if err != nil {
			t.Fatal(err)
		}
		if keys, err = n.scale(keys, c.scale); err != nil {
			t.Fatal(err)
		}
		y, err := n.matMul(q, keys)
		if err != nil {
			t.Fatal(err)
		}
		if d := y.node.Op().(*op.Op).Def.(*op.MatMul); d.TransposeB != c.transposed {
			t.Errorf("%s: TransposeB = %v, want %v", c.name, d.TransposeB, c.transposed)
		}
		plain, err := n.apply(&op.MatMul{}, q, keys)
		if err != nil {
			t.Fatal(err)
		}
		data := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(i*i%7) - 2
			}
			return x
		}
		G.Let(b.values["x"].node, tensor.New(tensor.WithShape(4), tensor.WithBacking(make([]float32, 4))))
		G.Let(q.node, tensor.New(tensor.WithShape(3, 2, 3), tensor.WithBacking(data(18))))
		G.Let(k.node, tensor.New(tensor.WithShape(3, 3, 3), tensor.WithBacking(data(27))))
		var got, want G.Value
		G.Read(y.node, &got)
		G.Read(plain.node, &want)
		vm := G.NewTapeMachine(b.out.G)
		if err := vm.RunAll(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		vm.Close()
		if !slices.Equal(got.Data().([]float32), want.Data().([]float32)) {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
}
