package importer

func init() { register("Transpose", buildTranspose) }

// buildTranspose builds ONNX Transpose, opset 1 to 24. Without perm it reverses
// the axes. The Transpose of an [N,H,W,C] input to [N,C,H,W] is the identity,
// because Graph.Images is [N,C,H,W] already.
//
// https://onnx.ai/onnx/operators/onnx__Transpose.html
func buildTranspose(n *node) (value, error) {
	xs, err := n.any(1, 1)
	if err != nil {
		return value{}, err
	}
	rank := len(xs[0].Shape())
	reversed := make([]int, rank)
	for i := range reversed {
		reversed[i] = rank - 1 - i
	}
	perm, err := n.intsAttr("perm", rank, reversed...)
	if err != nil {
		return value{}, err
	}
	if n.builder.model.nhwc && n.readsImages(0) {
		return xs[0], nil
	}
	return n.transpose(xs[0], perm...)
}
