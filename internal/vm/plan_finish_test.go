package vm

import (
	"testing"

	"finetune/internal/kernel/gokernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// Blocks whose input goes several ways: their gradients are sums.
func init() {
	act := func(b *net, x *G.Node, training bool) *G.Node { return b.apply(relu6(), b.norm(x, training)) }
	linear := func(training bool) func(b *net) (*G.Node, *G.Node) {
		return func(b *net) (*G.Node, *G.Node) {
			x := b.tensor(&b.inputs, -1, 1, 3, 3, 9, 9)
			x = b.norm(b.conv(act(b, b.conv(x, 8, 3, 2, 1, false), training), 12, 1, 1, 1, false), training)
			for range 2 {
				y := act(b, b.conv(x, 20, 1, 1, 1, false), training)
				y = act(b, b.conv(y, 20, 3, 1, 20, false), training)
				x = b.apply(&op.Add{}, b.norm(b.conv(y, 12, 1, 1, 1, false), training), x)
			}
			return b.loss(act(b, b.conv(x, 16, 1, 1, 1, false), training), 5)
		}
	}
	nets["linear blocks"] = linear(false)
	nets["linear blocks, training statistics"] = linear(true)
	nets["activated blocks"] = func(b *net) (*G.Node, *G.Node) {
		x := act(b, b.conv(b.tensor(&b.inputs, -1, 1, 2, 3, 9, 9), 12, 3, 2, 1, false), false)
		for range 2 {
			y := act(b, b.conv(x, 6, 1, 1, 1, true), false)
			x = b.apply(relu6(), b.apply(&op.Add{}, b.norm(b.conv(y, 12, 1, 1, 1, true), false), x))
		}
		return b.loss(x, 5)
	}
	nets["three ways, one of them twice"] = func(b *net) (*G.Node, *G.Node) {
		x := act(b, b.conv(b.tensor(&b.inputs, -1, 1, 2, 3, 8, 8), 12, 3, 1, 1, false), false)
		y := b.conv(x, 12, 1, 1, 1, true)
		y = b.apply(&op.Add{}, y, b.conv(x, 12, 3, 1, 12, true))
		y = b.apply(&op.Mul{}, b.apply(&op.Add{}, y, x), x)
		return b.loss(b.apply(&op.Add{}, y, x), 5)
	}
	nets["a gradient that is a parameter's too"] = func(b *net) (*G.Node, *G.Node) {
		x := b.tensor(&b.params, -1, 1, 2, 8, 6, 6)
		y := b.conv(x, 8, 1, 1, 1, true)
		return b.loss(b.apply(&op.Add{}, y, x), 3)
	}
}

// TestSummedGradientsAreFinished: where a block's input goes to its first
// convolution and to its end, no step adds, masks or sums the gradients by itself. Only that of
// the last convolution, which none computes, is left.
func TestSummedGradientsAreFinished(t *testing.T) {
	backend := gokernel.New(1)
	defer backend.Close()
	for name, finish := range map[string]string{
		"linear blocks":                      "ConvGradInput+sum+ColumnSums",
		"linear blocks, training statistics": "ConvGradInput+sum+BatchNormGradSums",
		"activated blocks":                   "ConvGradInput+sum+ActivateGrad+ColumnSums",
	} {
		b := newNet(t)
		logits, loss := nets[name](b)
		grads, err := G.Grad(loss, b.params...)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := b.compile(backend, G.Nodes{logits}, grads)
		count := map[string]int{}
		for _, s := range m.steps {
			count[s.name]++
		}
		if count[finish] != 2 || count["sum"] != 0 || count["ColumnSums"] != 0 || count["ActivateGradSums"]+count["BatchNormGradSums"] > 1 {
			t.Errorf("%s: want 2 steps %q in the plan and none of their parts:\n%v", name, finish, m)
		}
	}
}
