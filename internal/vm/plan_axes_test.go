package vm

import (
	"strings"
	"testing"

	"finetune/internal/kernel/gokernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

// formerlyPlain are the operators along any axis, in both layouts, with lines
// that do not fill a strip.
const formerlyPlain = "frames, softmax and squares along all axes"

func init() {
	nets[formerlyPlain] = func(b *net) (*G.Node, *G.Node) {
		x := b.conv(b.tensor(&b.inputs, -1, 1, 3, 3, 13, 11), 20, 3, 1, 1, true)
		x = b.apply(&op.Pad{Pads: []int{0, 1, 2, 0, 0, 0, 1, 3}, Value: 0.5}, x)
		for axis := range 4 { // 3×21×16×14 as NHWC.
			x = b.apply(&op.Add{}, x, b.apply(&op.Softmax{Axis: axis}, x))
		}
		x = b.apply(binaryOf(op.Div), x, b.apply(&op.Reduce{Reduction: op.L2, Axes: []int{2, 3}}, x))
		x = b.apply(binaryOf(op.Div), x, b.apply(&op.Reduce{Reduction: op.L2, Axes: []int{1}}, x))
		x = b.apply(&op.Mul{}, x, b.apply(&op.Reduce{Reduction: op.Square, Axes: []int{0, 1, 2}}, x))
		x = b.apply(&op.Mul{}, x, b.apply(&op.Reduce{Reduction: op.Square, Axes: []int{0, 3}}, x))
		x = b.tokens(x)
		x = b.apply(&op.Pad{Pads: []int{0, 5, 0, 0, 2, 1}, Value: -0.5}, x)
		for axis := range 3 { // 3×231×22.
			x = b.apply(&op.Add{}, x, b.apply(&op.Softmax{Axis: axis}, x))
		}
		return b.loss(b.pixels(x, 21, 11), 3)
	}
	largeNets = append(largeNets, formerlyPlain)
}

func TestNothingIsPlain(t *testing.T) {
	backend := gokernel.New(1)
	defer backend.Close()
	b := newNet(t)
	_, loss := nets[formerlyPlain](b)
	grads, err := G.Grad(loss, b.params...)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := b.compile(backend, G.Nodes{loss}, grads)
	for _, s := range m.steps {
		if strings.Contains(s.name, "plain") {
			t.Errorf("%s of shape %v", s.name, s.writes[0].shape)
		}
	}
}
