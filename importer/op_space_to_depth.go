package importer

import "fmt"

func init() { register("SpaceToDepth", buildSpaceToDepth) }

// buildSpaceToDepth builds ONNX SpaceToDepth, opset 1 to 13: blocks of pixels
// become blocks of channels, or with the mode CRD of opset 27 each channel
// becomes a block.
//
// https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html
func buildSpaceToDepth(n *node) (value, error) {
	mode, err := attr(n, "mode", "DCR")
	if err != nil {
		return value{}, err
	}
	order := map[string][]int{"DCR": {0, 3, 5, 1, 2, 4}, "CRD": {0, 1, 3, 5, 2, 4}}[mode]
	if order == nil {
		return value{}, fmt.Errorf("attribute mode = %q, want DCR or CRD", mode)
	}
	xs, err := n.xs(1, 1)
	if err != nil {
		return value{}, err
	}
	size, err := n.blockSize(xs[0])
	if err != nil {
		return value{}, err
	}
	s := xs[0].Shape()
	batch, channels, height, width := s[0], s[1], s[2]/size, s[3]/size
	if height*size != s[2] || width*size != s[3] {
		return value{}, fmt.Errorf("x has shape %v, want multiples of %d for H and W", s, size)
	}
	split := []int{batch, channels, height, size, width, size}
	return n.shuffled(xs[0], split, order, []int{batch, channels * size * size, height, width})
}
