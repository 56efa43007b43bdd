package op_test

import (
	"fmt"
	"math"
	"testing"

	"finetune/internal/op"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestAccumulate lets three gradients meet in one node, where Gorgonia adds
// them: loss = Σ w·(x·x + x), so dx = w·(2x + 1). The shapes are those that
// Gorgonia may take for scalars or vectors.
func TestAccumulate(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		for _, shape := range [][]int{{}, {1}, {3}, {1, 1}, {3, 1}, {1, 3}, {1, 1, 3}, {1, 1, 1}, {1, 1, 1, 1}, {1, 3, 1, 1}, {2, 3, 1, 2}} {
			t.Run(fmt.Sprintf("%v %v", dt, shape), func(t *testing.T) {
				b := &builder{t: t, dt: dt, net: net{graph: gorgonia.NewGraph()}}
				x := b.param("x", shape...)
				size := x.Shape().TotalSize()
				y := b.apply(&op.Add{}, b.apply(&op.Mul{}, x, x), x)
				y = b.apply(&op.Dense{}, b.apply(&op.Reshape{To: []int{1, size}}, y), b.input("w", size, 1))
				b.loss = b.apply(&op.Reshape{To: []int{}}, y)
				grads, err := gorgonia.Grad(b.loss, x)
				if err != nil {
					t.Fatal(err)
				}
				var dx, loss gorgonia.Value
				gorgonia.Read(grads[0], &dx)
				gorgonia.Read(b.loss, &loss)

				data := map[string][]float64{"x": make([]float64, size), "w": make([]float64, size)}
				for i := range size {
					data["x"][i], data["w"][i] = float64(i)-0.5, float64(i)+0.25
				}
				run(t, b.net, data)

				if got, want := values(t, loss)[0], evaluate(b.net, data); !(math.Abs(got-want) <= 1e-6*(1+math.Abs(want))) {
					t.Errorf("loss = %v, want %v", got, want)
				}
				got := values(t, dx)
				if len(got) != size {
					t.Fatalf("gradient has %d elements, want %d", len(got), size)
				}
				for i, w := range data["w"] {
					if want := w * (2*data["x"][i] + 1); got[i] != want {
						t.Errorf("dx[%d] = %v, want %v", i, got[i], want)
					}
				}
			})
		}
	}
}
