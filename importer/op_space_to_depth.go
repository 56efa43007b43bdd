package importer

import "fmt"

func init() { register("SpaceToDepth", buildSpaceToDepth) }

// buildSpaceToDepth builds ONNX SpaceToDepth, opset 1 to 13: blocks of pixels
// become blocks of channels.
//
// https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html
func buildSpaceToDepth(n *node) (value, error) {
	if err := n.wantAttrString("mode", "DCR"); err != nil { // CRD is of opset 27.
		return value{}, err
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
	return n.shuffled(xs[0], split, []int{0, 3, 5, 1, 2, 4}, []int{batch, channels * size * size, height, width})
}
