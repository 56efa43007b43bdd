package importer

import (
	"fmt"

	"finetune/internal/op"
)

func init() { register("LpPool", buildLpPool) }

// buildLpPool builds ONNX LpPool in one or two dimensions, opset 2 to 22, with
// auto_pad and, from opset 18 on, dilations: the p-norm of each window, which is
// a convolution of |x|^p with ones. ceil_mode is refused.
//
// https://onnx.ai/onnx/operators/onnx__LpPool.html
func buildLpPool(n *node) (value, error) {
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	if err := wantSpatial("x", xs[0]); err != nil {
		return value{}, err
	}
	p, err := n.exponent()
	if err != nil {
		return value{}, err
	}
	if err := n.wantAttr("ceil_mode", 0); err != nil {
		return value{}, err
	}
	w, err := n.window(xs[0].Shape(), nil)
	if err != nil {
		return value{}, err
	}
	channels := xs[0].Shape()[1]
	weights, ok := sizeOf([]int{channels, w.kernel[0], w.kernel[1]})
	if !ok {
		return value{}, fmt.Errorf("kernel_shape %v: %w", w.kernel, ErrUnsupported)
	}
	if err := n.spend(weights); err != nil {
		return value{}, err
	}
	ones := make([]float64, weights)
	for i := range ones {
		ones[i] = 1
	}
	weight := newConstant(floating, []int{channels, 1, w.kernel[0], w.kernel[1]}, ones...)
	def := &op.Conv{Strides: w.strides, Dilations: w.dilations, Pads: w.pads, Groups: channels}
	return n.norm(xs[0], p, func(powers value) (value, error) { return n.flat(def, powers, weight) })
}

// exponent reads the attribute p.
func (n *node) exponent() (int, error) {
	p, err := n.intAttr("p", 2)
	if err == nil && p < 1 {
		err = fmt.Errorf("attribute p = %d, want at least 1", p)
	}
	return p, err
}

// norm returns the p-th root of what sum makes of |x|^p.
func (n *node) norm(x value, p int, sum func(powers value) (value, error)) (value, error) {
	y, err := n.apply(&op.Map{Function: op.Abs}, x)
	if err != nil {
		return y, err
	}
	if y, err = n.apply(&op.Binary{Operation: op.Pow}, y, number(float64(p))); err != nil {
		return y, err
	}
	if y, err = sum(y); err != nil {
		return y, err
	}
	return n.apply(&op.Binary{Operation: op.Pow}, y, number(1/float64(p)))
}
