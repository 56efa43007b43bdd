package vm

import (
	"math"
	"testing"

	"finetune/internal/kernel/gokernel"
	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

func init() {
	nets["repeated along rows"] = func(b *net) (*G.Node, *G.Node) {
		x := b.conv(b.tensor(&b.inputs, -1, 1, 3, 3, 12, 11), 24, 3, 1, 1, true)
		x = b.apply(&op.Mul{}, b.param(24, 1, 1), x)    // One row.
		x = b.apply(&op.Mul{}, x, b.param(3, 24, 1, 1)) // One row an image.
		x = b.apply(&op.Add{}, x, b.param(3, 24, 1, 1))
		x = b.apply(&op.Mul{}, x, b.apply(&op.GlobalAveragePool{}, x))
		x = b.apply(binaryOf(op.Sub), x, b.apply(&op.Reduce{Reduction: op.Mean, Axes: []int{1}}, x)) // Lines, not rows.
		x = b.apply(&op.Mul{}, x, b.apply(&op.Reduce{Reduction: op.Mean, Axes: []int{2, 3}}, b.apply(&op.Mul{}, x, x)))
		x = b.tokens(x)
		x = b.apply(&op.Add{}, b.param(24), x)
		x = b.apply(&op.Mul{}, x, b.param(1, 132, 24))
		x = b.apply(&op.Mul{}, b.param(132, 1), x)
		x = b.apply(&op.Transpose{Perm: []int{1, 0, 2}}, x)
		x = b.apply(&op.Add{}, x, b.param(3, 24))
		x = b.apply(&op.Transpose{Perm: []int{1, 0, 2}}, x)
		return b.loss(b.pixels(x, 12, 11), 3)
	}
	largeNets = append(largeNets, "repeated along rows")
}

// TestRowsKeepNaN: what is not a number stays so.
func TestRowsKeepNaN(t *testing.T) {
	backend := gokernel.New(1)
	defer backend.Close()
	for name, def := range map[string]op.Def{"Add": &op.Add{}, "Mul": &op.Mul{}} {
		b := newNet(t)
		x := b.tensor(&b.inputs, -1, 1, 128, 16)
		y := b.apply(def, x, b.param(16))
		m, _ := b.compile(backend, G.Nodes{y}, nil)
		m.Input(x)[5] = float32(math.NaN())
		m.Input(x)[18] = float32(math.Inf(1))
		m.Forward()
		out := m.Output(y)
		if !math.IsNaN(float64(out[5])) || !math.IsInf(float64(out[18]), 1) {
			t.Errorf("%s: NaN became %v and +Inf %v", name, out[5], out[18])
		}
	}
}
