package vm

import (
	"strings"
	"testing"

	"finetune/internal/kernel/gokernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

const splitNet = "queries, keys and values of one product"

func init() {
	nets[splitNet] = func(b *net) (*G.Node, *G.Node) {
		const n, h, w, c, heads = 2, 3, 4, 8, 2
		x := b.tokens(b.image(c, h, w))
		rows := b.apply(&op.Reshape{To: []int{n * h * w, c}}, x)
		y := b.apply(&op.Dense{}, rows, b.tensor(&b.params, -0.5, 0.5, c, 3*c))
		y = b.apply(&op.Add{}, b.apply(&op.Reshape{To: []int{n, h * w, 3 * c}}, y), b.param(3*c))
		y = b.apply(&op.Reshape{To: []int{n, h * w, 3, heads, c / heads}}, y)
		y = b.apply(&op.Transpose{Perm: []int{2, 0, 3, 1, 4}}, y)
		var parts [3]*G.Node
		for i := range parts {
			part := b.apply(&op.Gather{Axis: 0, Indices: []int{i}}, y)
			if i == 1 { // One of them of rank 5.
				part = b.apply(&op.Mul{}, part, b.param(1))
			}
			parts[i] = b.apply(&op.Reshape{To: []int{n, heads, h * w, c / heads}}, part)
		}
		q, k, v := b.apply(&op.Mul{}, parts[0], b.param(1)), parts[1], parts[2]
		scores := b.apply(&op.Softmax{Axis: 3}, b.apply(&op.MatMul{TransposeB: true}, q, k))
		y = b.apply(&op.Transpose{Perm: []int{0, 2, 1, 3}}, b.apply(&op.MatMul{}, scores, v))
		x = b.apply(&op.Add{}, x, b.apply(&op.Reshape{To: []int{n, h * w, c}}, y))
		return b.loss(b.pixels(x, h, w), 3)
	}
	nets["parts that overlap, or leave something out"] = func(b *net) (*G.Node, *G.Node) {
		x := b.param(4, 3, 5)
		l := b.apply(&op.Gather{Axis: 0, Indices: []int{0, 1, 2}}, x)
		r := b.apply(&op.Gather{Axis: 0, Indices: []int{2, 3}}, x)
		x = b.apply(&op.Concat{Axis: 0}, l, r, l)
		l = b.apply(&op.Gather{Axis: 0, Indices: []int{0, 1}}, x)
		r = b.apply(&op.Gather{Axis: 0, Indices: []int{4, 5}}, x)
		x = b.apply(&op.Reshape{To: []int{2, 2, 3, 5}}, b.apply(&op.Concat{Axis: 0}, l, b.apply(mapOf(op.Gelu), r)))
		return b.loss(b.conv(x, 4, 1, 1, 1, true), 3)
	}
}

// TestSplits: neither parts nor their gradients are copied, and no bias is added
// by a step of its own.
func TestSplits(t *testing.T) {
	backend := gokernel.New(1)
	defer backend.Close()
	b := newNet(t)
	_, loss := nets[splitNet](b)
	grads, err := G.Grad(loss, b.params...)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := b.compile(backend, G.Nodes{loss}, grads)
	adds := 0
	for _, s := range m.Steps() {
		if strings.HasPrefix(s.Kernel, "Gather") || s.Kernel == "sum" && s.Shape == "3×2×2×12×4" {
			t.Errorf("%s of %s, want none", s.Kernel, s.Shape)
		}
		if s.Kernel == "Add" {
			adds++
		}
	}
	if adds != 1 { // The residual one.
		t.Errorf("%d additions, want 1:\n%v", adds, m)
	}
}
