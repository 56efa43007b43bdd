package importer

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
)

// A window is what Conv and the pooling operators slide over H and W.
type window struct {
	kernel, strides, dilations [2]int
	pads                       [4]int // Top, left, bottom, right.
}

// window reads the attributes kernel_shape, strides, dilations, pads and
// auto_pad. The kernel is known to be kernel, unless that is nil. auto_pad
// follows from the shape of x.
func (n *node) window(x, kernel []int) (w window, err error) {
	found, err := n.intsAttr("kernel_shape", 2, kernel...)
	if err != nil {
		return w, err
	}
	if found == nil {
		return w, fmt.Errorf("attribute kernel_shape is missing")
	}
	if len(found) != 2 || kernel != nil && !slices.Equal(found, kernel) {
		return w, fmt.Errorf("attribute kernel_shape = %v, want %v", found, kernel)
	}
	w.kernel = [2]int(found)
	strides, err := n.intsAttr("strides", 2, 1, 1)
	if err != nil {
		return w, err
	}
	dilations, err := n.intsAttr("dilations", 2, 1, 1)
	if err != nil {
		return w, err
	}
	pads, err := n.intsAttr("pads", 4, 0, 0, 0, 0)
	if err != nil {
		return w, err
	}
	w.strides, w.dilations, w.pads = [2]int(strides), [2]int(dilations), [4]int(pads)
	for i := range 2 {
		if w.kernel[i] < 1 || w.strides[i] < 1 || w.dilations[i] < 1 {
			return w, fmt.Errorf("kernel_shape %v, strides %v, dilations %v: want at least 1", w.kernel, w.strides, w.dilations)
		}
	}
	auto, err := attr(n, "auto_pad", "NOTSET")
	if err != nil {
		return w, err
	}
	return w, w.autoPad(auto, x)
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
func wantRank(name string, x *G.Node, rank int) error {
	if len(x.Shape()) != rank {
		return fmt.Errorf("%s has shape %v, want rank %d: %w", name, x.Shape(), rank, ErrUnsupported)
	}
	return nil
}
