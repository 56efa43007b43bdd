package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

// A window is what Conv and the pooling operators slide over H and W.
type window struct {
	kernel, strides, dilations [2]int
	pads                       [4]int // Top, left, bottom, right.
}

// window reads the attributes kernel_shape, strides, dilations, pads and
// auto_pad, for x of shape [N,C,H,W] or [N,C,L], which is seen as [N,C,1,L]. The
// kernel is known to be kernel, unless that is nil. auto_pad follows from x.
func (n *node) window(x, kernel []int) (w window, err error) {
	spatial := len(x) - 2
	found, err := n.intsAttr("kernel_shape", spatial, kernel...)
	if err != nil {
		return w, err
	}
	if found == nil {
		return w, fmt.Errorf("attribute kernel_shape is missing")
	}
	if len(found) != spatial || kernel != nil && !slices.Equal(found, kernel) {
		return w, fmt.Errorf("attribute kernel_shape = %v, want %v", found, kernel)
	}
	w.kernel = lift(found, 1)
	if w.strides, w.dilations, err = n.steps(spatial); err != nil {
		return w, err
	}
	pads, err := n.intsAttr("pads", 2*spatial, make([]int, 2*spatial)...)
	if err != nil {
		return w, err
	}
	begin, end := lift(pads[:spatial], 0), lift(pads[spatial:], 0)
	w.pads = [4]int{begin[0], begin[1], end[0], end[1]}
	for i := range 2 {
		if w.kernel[i] < 1 || w.strides[i] < 1 || w.dilations[i] < 1 {
			return w, fmt.Errorf("kernel_shape %v, strides %v, dilations %v: want at least 1", w.kernel, w.strides, w.dilations)
		}
	}
	auto, err := attr(n, "auto_pad", "NOTSET")
	if err != nil {
		return w, err
	}
	if spatial == 1 {
		x = []int{x[0], x[1], 1, x[2]}
	}
	return w, w.autoPad(auto, x)
}

// steps reads the attributes strides and dilations.
func (n *node) steps(spatial int) (strides, dilations [2]int, err error) {
	s, err := n.intsAttr("strides", spatial, slices.Repeat([]int{1}, spatial)...)
	if err != nil {
		return strides, dilations, err
	}
	d, err := n.intsAttr("dilations", spatial, slices.Repeat([]int{1}, spatial)...)
	if err != nil {
		return strides, dilations, err
	}
	return lift(s, 1), lift(d, 1), nil
}

// lift makes two numbers of one or two; the first is then missing.
func lift(v []int, missing int) [2]int {
	if len(v) == 1 {
		return [2]int{missing, v[0]}
	}
	return [2]int{v[0], v[1]}
}

// flat applies an operator of two spatial dimensions to x, of one or two.
// Other values, such as weights, have as many.
func (n *node) flat(def op.Def, x value, others ...value) (value, error) {
	rank := len(x.Shape())
	in := append([]value{x}, others...)
	for i, v := range in {
		if s := v.Shape(); rank == 3 && len(s) == 3 {
			var err error
			if in[i], err = n.reshape(v, []int{s[0], s[1], 1, s[2]}); err != nil {
				return value{}, err
			}
		}
	}
	y, err := n.apply(def, in...)
	if err != nil || rank == 4 {
		return y, err
	}
	s := y.Shape()
	return n.reshape(y, []int{s[0], s[1], s[3]})
}

// wantSpatial checks that an input has one or two spatial dimensions.
func wantSpatial(name string, x value) error {
	if rank := len(x.Shape()); rank != 3 && rank != 4 {
		return fmt.Errorf("%s has shape %v, want rank 4 [N,C,H,W] or 3 [N,C,L]: %w", name, x.Shape(), ErrUnsupported)
	}
	return nil
}

// autoPad resolves the attribute auto_pad: SAME pads so that the output has
// ⌈size/stride⌉ windows, with an odd one at the end (UPPER) or begin (LOWER).
func (w *window) autoPad(auto string, x []int) error {
	switch auto {
	case "NOTSET", "":
		return nil
	case "VALID":
		w.pads = [4]int{}
		return nil
	case "SAME_UPPER", "SAME_LOWER":
	default:
		return fmt.Errorf("attribute auto_pad = %q, want NOTSET, SAME_UPPER, SAME_LOWER or VALID", auto)
	}
	for i := range 2 {
		size, stride := x[2+i], w.strides[i]
		windows := (size + stride - 1) / stride
		total := max((windows-1)*stride+(w.kernel[i]-1)*w.dilations[i]+1-size, 0)
		begin := total / 2
		if auto == "SAME_LOWER" {
			begin = total - begin
		}
		w.pads[i], w.pads[2+i] = begin, total-begin
	}
	return nil
}

// wantRank checks the rank of an input.
func wantRank(name string, x value, rank int) error {
	if len(x.Shape()) != rank {
		return fmt.Errorf("%s has shape %v, want rank %d: %w", name, x.Shape(), rank, ErrUnsupported)
	}
	return nil
}
