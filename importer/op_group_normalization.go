package importer

import (
	"fmt"
	"slices"

	"finetune/internal/op"
)

func init() { register("GroupNormalization", buildGroupNormalization) }

// buildGroupNormalization builds ONNX GroupNormalization: scale and bias are
// those of groups in opset 18 and those of channels from opset 21 on.
//
// https://onnx.ai/onnx/operators/onnx__GroupNormalization.html
func buildGroupNormalization(n *node) (value, error) {
	xs, err := n.xs(3, 3)
	if err != nil {
		return value{}, err
	}
	groups, err := n.intAttr("num_groups", 0)
	if err != nil {
		return value{}, err
	}
	epsilon, err := n.number("epsilon", 1e-5)
	if err != nil {
		return value{}, err
	}
	if err := n.wantAttr("stash_type", 1); err != nil {
		return value{}, err
	}
	return n.groupNorm(xs, groups, epsilon)
}

// groupNorm normalizes x [N,C,...] in groups of channels, times scale plus bias,
// which have as many elements as there are channels or groups.
func (n *node) groupNorm(xs []value, groups int, epsilon float64) (value, error) {
	shape := xs[0].Shape()
	if len(shape) < 2 || groups < 1 || shape[1]%groups != 0 {
		return value{}, fmt.Errorf("%d groups of channels of x, which has shape %v [N,C,...]", groups, shape)
	}
	x, err := n.reshape(xs[0], []int{shape[0], groups, product(shape[1:]) / groups})
	if err != nil {
		return x, err
	}
	if x, err = n.apply(&op.LayerNorm{Axis: 2, Epsilon: epsilon}, x); err != nil {
		return x, err
	}
	if x, err = n.reshape(x, shape); err != nil {
		return x, err
	}
	perChannel := append([]int{shape[1]}, slices.Repeat([]int{1}, len(shape)-2)...)
	var affine []value
	for _, v := range xs[1:] {
		if len(v.Shape()) != 1 {
			return value{}, fmt.Errorf("scale or bias has shape %v, want rank 1", v.Shape())
		}
		if v.Shape()[0] == groups && groups != shape[1] {
			if err := n.spend(shape[1]); err != nil {
				return value{}, err
			}
			indices := make([]int, shape[1])
			for c := range indices {
				indices[c] = c * groups / shape[1]
			}
			if v, err = n.gather(v, 0, indices); err != nil {
				return v, err
			}
		}
		if v, err = n.reshape(v, perChannel); err != nil {
			return v, err
		}
		affine = append(affine, v)
	}
	return n.affine(x, affine)
}
