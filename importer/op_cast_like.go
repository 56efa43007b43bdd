package importer

func init() { register("CastLike", buildCastLike) }

// buildCastLike builds ONNX CastLike, opset 15 to 24: Cast to the type of the
// second input.
//
// https://onnx.ai/onnx/operators/onnx__CastLike.html
func buildCastLike(n *node) (value, error) {
	n.ignore("saturate", "round_mode") // Of 8-bit types.
	xs, err := n.any(2, 2)
	if err != nil {
		return value{}, err
	}
	return n.cast(xs[0], xs[1].kind)
}
