package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("ConvTranspose", buildConvTranspose) }

// buildConvTranspose builds ONNX ConvTranspose in one or two dimensions, opset 1
// to 22: with groups, dilations, asymmetric pads, auto_pad, output_padding and
// output_shape.
//
// https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
func buildConvTranspose(n *node) (value, error) {
	xs, err := n.xs(2, 3)
	if err != nil {
		return value{}, err
	}
	if err := wantSpatial("x", xs[0]); err != nil {
		return value{}, err
	}
	if err := wantRank("w", xs[1], len(xs[0].Shape())); err != nil {
		return value{}, err
	}
	groups, err := n.intAttr("group", 1)
	if err != nil {
		return value{}, err
	}
	def := &op.ConvTranspose{Groups: groups}
	if err := n.transposedWindow(def, xs[0].Shape()[2:], xs[1].Shape()[2:]); err != nil {
		return value{}, err
	}
	return n.flat(def, xs[0], xs[1:]...)
}

// transposedWindow reads the attributes of the window, whose kernel is known,
// over x of the given spatial sizes. With output_shape or auto_pad = SAME the
// pads cut the output to its size, an odd one at the begin (LOWER) or the end.
func (n *node) transposedWindow(def *op.ConvTranspose, x, kernel []int) (err error) {
	spatial := len(x)
	found, err := n.intsAttr("kernel_shape", spatial, kernel...)
	if err != nil {
		return err
	}
	if !slices.Equal(found, kernel) {
		return fmt.Errorf("attribute kernel_shape = %v, want %v", found, kernel)
	}
	if def.Strides, def.Dilations, err = n.steps(spatial); err != nil {
		return err
	}
	added, err := n.intsAttr("output_padding", spatial, make([]int, spatial)...)
	if err != nil {
		return err
	}
	def.OutputPads = lift(added, 0)
	pads, err := n.intsAttr("pads", 2*spatial, make([]int, 2*spatial)...)
	if err != nil {
		return err
	}
	begin, end := lift(pads[:spatial], 0), lift(pads[spatial:], 0)
	def.Pads = [4]int{begin[0], begin[1], end[0], end[1]}
	auto, err := attr(n, "auto_pad", "NOTSET")
	if err != nil {
		return err
	}
	to, err := n.intsAttr("output_shape", -1)
	if err != nil {
		return err
	}
	switch {
	case to != nil && len(to) >= spatial:
		n.cut(def, lift(x, 1), lift(kernel, 1), lift(to[len(to)-spatial:], 1), auto)
	case auto == "SAME_UPPER" || auto == "SAME_LOWER":
		sizes := lift(x, 1)
		n.cut(def, sizes, lift(kernel, 1), [2]int{sizes[0] * def.Strides[0], sizes[1] * def.Strides[1]}, auto)
	case auto == "VALID":
		def.Pads = [4]int{}
	case auto != "NOTSET":
		return fmt.Errorf("attribute auto_pad = %q, want NOTSET, SAME_UPPER, SAME_LOWER or VALID", auto)
	}
	return nil
}

// cut sets the pads so that the output has the size to; what the output lacks
// is added at its end.
func (n *node) cut(def *op.ConvTranspose, x, kernel, to [2]int, auto string) {
	for i := range 2 {
		total := (x[i]-1)*def.Strides[i] + (kernel[i]-1)*def.Dilations[i] + 1 + def.OutputPads[i] - to[i]
		if total < 0 {
			def.OutputPads[i] -= total
			total = 0
		}
		begin := total / 2
		if auto != "SAME_UPPER" {
			begin = total - begin
		}
		def.Pads[i], def.Pads[2+i] = begin, total-begin
	}
}
