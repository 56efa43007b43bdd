package importer

import "fmt"

func init() { register("Gather", buildGather) }

// buildGather builds ONNX Gather, opset 1 to 13, of the integers of a shape.
//
// https://onnx.ai/onnx/operators/onnx__Gather.html
func buildGather(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	at, err := n.intAttr("axis", 0)
	if err != nil {
		return value{}, err
	}
	from, err := n.constInts(0)
	if err != nil {
		return value{}, err
	}
	indices, err := n.constInts(1)
	if err != nil {
		return value{}, err
	}
	if from.scalar || at != 0 && at != -1 {
		return value{}, fmt.Errorf("axis %d of integers of rank 1 at most, want axis 0", at)
	}
	out := &integers{scalar: indices.scalar}
	for _, i := range indices.values {
		i, err := axis(i, len(from.values))
		if err != nil {
			return value{}, fmt.Errorf("index: %w", err)
		}
		out.values = append(out.values, from.values[i])
	}
	return value{ints: out}, nil
}
