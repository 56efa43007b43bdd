package importer

func init() { register("GatherND", buildGatherND) }

// buildGatherND builds ONNX GatherND, opset 11 to 13, with constant indices: their
// last axis counts along the first axes of x that follow batch_dims axes which both
// have (opset 12).
//
// https://onnx.ai/onnx/operators/onnx__GatherND.html
func buildGatherND(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	batch := 0
	if n.opset >= 12 {
		if batch, err = n.intAttr("batch_dims", 0); err != nil {
			return value{}, err
		}
	}
	at, axes, dims, err := n.tuples(x.Shape(), batch)
	if err != nil {
		return value{}, err
	}
	return n.gatherFirst(x, axes, at, dims[:len(dims)-1])
}
