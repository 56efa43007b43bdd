package importer

import (
	"errors"
	"fmt"
)

func init() { register("Split", buildSplit) }

// buildSplit builds ONNX Split: the sizes are the attribute split before opset
// 13 and an optional constant input from it on. Without them the parts are
// equal; from opset 18 on their number may be the attribute num_outputs, and
// the last part may be smaller.
//
// https://onnx.ai/onnx/operators/onnx__Split.html
func buildSplit(n *node) (value, error) {
	if err := n.wantInputs(1, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	at, err := n.axisAttr(0, len(x.Shape()))
	if err != nil {
		return value{}, err
	}
	sizes, err := n.splitSizes(x.Shape()[at])
	if err != nil {
		return value{}, err
	}
	var parts []value
	begin := 0
	for _, size := range sizes {
		if err := n.spend(size); err != nil {
			return value{}, err
		}
		indices := make([]int, size)
		for i := range indices {
			indices[i] = begin + i
		}
		part, err := n.gather(x, at, indices)
		if err != nil {
			return value{}, err
		}
		parts = append(parts, part)
		begin += size
	}
	n.more = parts[1:]
	return parts[0], nil
}

// splitSizes returns the size of each output along an axis.
func (n *node) splitSizes(whole int) (sizes []int, err error) {
	count := len(n.source.Outputs)
	if n.opset < 13 {
		sizes, err = n.intsAttr("split", -1)
	} else if n.has(1) {
		sizes, err = n.constInts(1)
	}
	if err != nil {
		return nil, err
	}
	stated, err := n.intAttr("num_outputs", count)
	if err != nil {
		return nil, err
	}
	if stated != count {
		return nil, fmt.Errorf("attribute num_outputs = %d, and the node has %d outputs", stated, count)
	}
	if n.opset >= 18 && sizes == nil && n.attribute("num_outputs") == nil {
		return nil, errors.New("neither sizes nor num_outputs, of which Split needs one from opset 18 on")
	}
	if sizes == nil {
		each := (whole + count - 1) / count
		for i := range count {
			sizes = append(sizes, max(min(each, whole-i*each), 0))
		}
	}
	total := 0
	for _, size := range sizes {
		if size < 0 || size > whole {
			return nil, fmt.Errorf("split %v of an axis of size %d", sizes, whole)
		}
		total += size
	}
	if len(sizes) != count || total != whole {
		return nil, fmt.Errorf("split %v of an axis of size %d into %d outputs", sizes, whole, count)
	}
	return sizes, nil
}
