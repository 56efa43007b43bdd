package importer

import "fmt"

func init() { register("DepthToSpace", buildDepthToSpace) }

// buildDepthToSpace builds ONNX DepthToSpace, opset 1 to 13: blocks of channels
// become blocks of pixels, in the order of mode DCR, the only one before opset
// 11, or CRD.
//
// https://onnx.ai/onnx/operators/onnx__DepthToSpace.html
func buildDepthToSpace(n *node) (value, error) {
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	mode, err := attr(n, "mode", "DCR")
	if err != nil {
		return value{}, err
	}
	size, err := n.blockSize(xs[0])
	if err != nil {
		return value{}, err
	}
	s := xs[0].Shape()
	batch, height, width, channels := s[0], s[2], s[3], s[1]/(size*size)
	if channels*size*size != s[1] {
		return value{}, fmt.Errorf("x has shape %v, want a multiple of %d channels", s, size*size)
	}
	split, perm := []int{batch, size, size, channels, height, width}, []int{0, 3, 4, 1, 5, 2}
	if mode == "CRD" {
		split, perm = []int{batch, channels, size, size, height, width}, []int{0, 1, 4, 2, 5, 3}
	} else if mode != "DCR" {
		return value{}, fmt.Errorf("attribute mode = %q, want DCR or CRD", mode)
	}
	return n.shuffled(xs[0], split, perm, []int{batch, channels, height * size, width * size})
}

// blockSize reads the attribute blocksize of an operator on x [N,C,H,W].
func (n *node) blockSize(x value) (int, error) {
	size, err := n.intAttr("blocksize", 0)
	if err != nil {
		return 0, err
	}
	if size < 1 || size > 1<<10 {
		return 0, fmt.Errorf("attribute blocksize = %d, want 1 to %d", size, 1<<10)
	}
	return size, wantRank("x", x, 4)
}

// shuffled reshapes x, permutes its axes, and reshapes it again.
func (n *node) shuffled(x value, split, perm, to []int) (value, error) {
	x, err := n.reshape(x, split)
	if err != nil {
		return x, err
	}
	if x, err = n.transpose(x, perm...); err != nil {
		return x, err
	}
	return n.reshape(x, to)
}
