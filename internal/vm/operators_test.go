package vm

import (
	"math"
	"testing"

	"finetune/internal/op"

	G "gorgonia.org/gorgonia"
)

func mapOf(f op.Function) *op.Map         { return &op.Map{Function: f} }
func binaryOf(o op.Operation) *op.Binary  { return &op.Binary{Operation: o} }
func (b *net) param(shape ...int) *G.Node { return b.tensor(&b.params, 0.5, 1.5, shape...) }

// image is an activation of a convolution, so that it lies as NHWC.
func (b *net) image(c, h, w int) *G.Node {
	return b.conv(b.tensor(&b.inputs, -1, 1, 2, 3, h, w), c, 3, 1, 1, true)
}

// tokens turns [N,C,H,W] into [N,H·W,C].
func (b *net) tokens(x *G.Node) *G.Node {
	s := x.Shape()
	x = b.apply(&op.Transpose{Perm: []int{0, 2, 3, 1}}, x)
	return b.apply(&op.Reshape{To: []int{s[0], s[2] * s[3], s[1]}}, x)
}

// pixels turns [N,H·W,C] into [N,C,H,W].
func (b *net) pixels(x *G.Node, h, w int) *G.Node {
	s := x.Shape()
	x = b.apply(&op.Reshape{To: []int{s[0], h, w, s[2]}}, x)
	return b.apply(&op.Transpose{Perm: []int{0, 3, 1, 2}}, x)
}

func init() {
	nets["transformer"] = func(b *net) (*G.Node, *G.Node) {
		const n, h, w, c, heads = 2, 3, 4, 8, 2
		x := b.tokens(b.image(c, h, w))
		x = b.apply(&op.Concat{Axis: 1}, b.apply(&op.Gather{Axis: 0, Indices: []int{0, 0}}, b.param(1, 1, c)), x)
		x = b.apply(&op.Add{}, x, b.param(1, h*w+1, c))
		y := b.apply(&op.LayerNorm{Axis: 2, Epsilon: 1e-5}, x, b.param(c), b.param(c))
		split := func(rows *G.Node, perm ...int) *G.Node {
			q := b.apply(&op.Dense{}, b.apply(&op.Reshape{To: []int{n * (h*w + 1), c}}, rows), b.tensor(&b.params, -0.5, 0.5, c, c))
			q = b.apply(&op.Reshape{To: []int{n, h*w + 1, c}}, q)
			q = b.apply(&op.Add{}, b.param(c), q)
			q = b.apply(&op.Reshape{To: []int{n, h*w + 1, heads, c / heads}}, q)
			return b.apply(&op.Transpose{Perm: perm}, q)
		}
		attention := b.apply(&op.MatMul{}, split(y, 0, 2, 1, 3), split(y, 0, 2, 3, 1))
		attention = b.apply(&op.Mul{}, attention, b.param(1))
		attention = b.apply(&op.Softmax{Axis: 3}, b.apply(&op.Add{}, attention, b.param(1, heads, h*w+1, h*w+1)))
		y = b.apply(&op.Transpose{Perm: []int{0, 2, 1, 3}}, b.apply(&op.MatMul{}, attention, split(y, 0, 2, 1, 3)))
		x = b.apply(&op.Add{}, x, b.apply(&op.Mul{}, b.apply(&op.Reshape{To: []int{n, h*w + 1, c}}, y), b.param(c)))
		x = b.apply(mapOf(op.Gelu), b.apply(&op.LayerNorm{Axis: 2, Epsilon: 1e-5}, x))
		x = b.apply(&op.Gather{Axis: 1, Indices: []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0}}, x)
		return b.loss(b.pixels(x, h, w), 3)
	}
	nets["channels shuffled"] = func(b *net) (*G.Node, *G.Node) {
		x := b.image(8, 4, 6)
		l := b.apply(&op.Gather{Axis: 1, Indices: []int{0, 1, 2, 3}}, x)
		r := b.apply(op.Relu(), b.apply(&op.Gather{Axis: 1, Indices: []int{4, 5, 7, 7}}, x))
		x = b.apply(&op.Concat{Axis: 1}, l, r)
		x = b.apply(&op.Reshape{To: []int{2, 2, 4, 4, 6}}, x)
		x = b.apply(&op.Transpose{Perm: []int{0, 2, 1, 3, 4}}, x)
		x = b.apply(&op.Reshape{To: []int{2, 8, 4, 6}}, x)
		top := b.apply(&op.Gather{Axis: 2, Indices: []int{2, 3, 3}}, x)
		x = b.apply(&op.Concat{Axis: 2}, top, x)
		x = b.apply(&op.Gather{Axis: 3, Indices: []int{5, 0, 1}}, b.apply(&op.Concat{Axis: 3}, x, x))
		x = b.apply(&op.MatMul{}, x, b.param(3, 2)) // One matrix for all.
		return b.loss(x, 3)
	}
	nets["arithmetic"] = func(b *net) (*G.Node, *G.Node) {
		x := b.image(5, 3, 4)
		x = b.apply(binaryOf(op.Sub), x, b.param(5, 1, 1))
		x = b.apply(binaryOf(op.Div), x, b.param(2, 5, 1, 1))
		x = b.apply(&op.Mul{}, b.param(1), x)
		x = b.apply(&op.Add{}, b.param(4), x)
		x = b.apply(binaryOf(op.PRelu), x, b.param(5, 1, 1))
		x = b.apply(binaryOf(op.Max), x, b.param(2, 1, 3, 1))
		x = b.apply(binaryOf(op.Min), b.param(1, 5, 1, 4), x)
		x = b.apply(binaryOf(op.Pow), b.apply(mapOf(op.Abs), x), b.param(5, 1, 1))
		x = b.apply(binaryOf(op.Sub), b.param(1), b.apply(&op.Mul{}, x, b.apply(binaryOf(op.Sub), b.param(2, 5, 1, 1), b.param(5, 3, 4))))
		return b.loss(x, 3)
	}
	nets["functions"] = func(b *net) (*G.Node, *G.Node) {
		x := b.image(6, 4, 4)
		for _, f := range []op.Function{
			op.Neg, op.Tanh, op.Erf, op.Exp, op.Reciprocal, op.Softplus, op.Sqrt, op.Log, op.Gelu, op.GeluTanh, op.Mish, op.Elu(1), op.HardSigmoid(0.2, 0.5),
		} {
			x = b.apply(&op.Add{}, b.apply(mapOf(f), x), b.param(6, 1, 1))
		}
		return b.loss(x, 3)
	}
	nets["reductions"] = func(b *net) (*G.Node, *G.Node) {
		x := b.image(6, 4, 4)
		mean := b.apply(&op.Reduce{Reduction: op.Mean, Axes: []int{1}}, x)
		x = b.apply(binaryOf(op.Sub), x, mean)
		square := b.apply(&op.Reduce{Reduction: op.Mean, Axes: []int{1, 3}}, b.apply(&op.Mul{}, x, x))
		x = b.apply(&op.Mul{}, x, b.apply(&op.Reduce{Reduction: op.Sum, Axes: []int{0}}, square))
		x = b.apply(&op.Add{}, x, b.apply(&op.Reduce{Reduction: op.Largest, Axes: []int{2, 3}}, x))
		x = b.apply(&op.Mul{}, x, b.apply(&op.Reduce{Reduction: op.Sum, Axes: []int{0, 1, 2, 3}}, mean))
		x = b.apply(&op.Softmax{Axis: 1}, b.apply(&op.LogSoftmax{Axis: 3}, x))
		return b.loss(x, 3)
	}
	nets["large enough for several workers"] = func(b *net) (*G.Node, *G.Node) {
		x := b.image(32, 40, 40)
		s := b.apply(mapOf(op.HardSigmoid(0.2, 0.5)), b.conv(b.apply(&op.GlobalAveragePool{}, x), 32, 1, 1, 1, true))
		x = b.apply(&op.Mul{}, x, s)
		x = b.apply(&op.LayerNorm{Axis: 2, Epsilon: 1e-5}, b.tokens(x), b.param(32), b.param(32))
		x = b.apply(&op.Mul{}, b.apply(mapOf(op.Gelu), b.apply(&op.Add{}, x, b.param(32))), b.param(1, 1600, 1))
		return b.loss(b.pixels(x, 40, 40), 3)
	}
}

// TestSingleFunctions holds them to double precision.
func TestSingleFunctions(t *testing.T) {
	const tolerance = 5e-7
	for _, f := range []op.Function{op.GeluTanh, op.Sqrt, op.Reciprocal, op.Neg} {
		s := single(f)
		for x := float32(-12); x <= 12; x += 0.0078 {
			var y, dx [1]float32
			if f.Label == "Sqrt" && x < 0 {
				continue
			}
			s.values(y[:], []float32{x})
			want := f.Value(float64(x))
			s.grads(dx[:], []float32{1}, []float32{x}, y[:])
			slope := f.Slope(float64(x), want)
			if !(math.Abs(float64(y[0])-want) <= tolerance*(1+math.Abs(want))) {
				t.Errorf("%s(%v) = %v, want %v", f.Label, x, y[0], want)
			}
			if !(math.Abs(float64(dx[0])-slope) <= 4*tolerance*(1+math.Abs(slope))) {
				t.Errorf("%s'(%v) = %v, want %v", f.Label, x, dx[0], slope)
			}
		}
	}
}
