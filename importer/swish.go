package importer

import (
	"finetune/internal/kernel"
	"finetune/internal/op"
)

// swish builds a product that is x·Sigmoid(x), as exporters write Swish, also called
// SiLU, as one operator; ok is false for any other product.
func (n *node) swish() (y value, ok bool, err error) {
	in := n.source.Inputs
	if len(in) != 2 {
		return value{}, false, nil
	}
	for i, name := range in {
		p := n.builder.model.graph.producer[name]
		if p == nil || p.Op != "Sigmoid" || len(p.Inputs) != 1 || p.Inputs[0] != in[1-i] {
			continue
		}
		x, err := n.builder.value(in[1-i])
		if err != nil || x.constant != nil || x.kind != floating {
			return value{}, false, err
		}
		y, err = n.apply(&op.Activate{Activation: kernel.Activation{Kind: kernel.Swish}}, x)
		return y, true, err
	}
	return value{}, false, nil
}
