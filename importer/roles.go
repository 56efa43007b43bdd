package importer

import (
	"fmt"
	"slices"

	"finetune/internal/onnxfile"
)

// A role says what training does with a constant input of a node.
type role int

const (
	noRole role = iota
	isParam
	isStatistic
)

// role returns the role of input i of n.
func (v *view) role(n *onnxfile.Node, i int) role {
	name, t := v.floats(n, i)
	if t == nil || t.Len() == 0 {
		return noRole
	}
	if v.makers[n] {
		if v.makes(n, i, name, t) {
			return isParam
		}
		return noRole
	}
	switch n.Op {
	case "Conv", "ConvTranspose", "Gemm", "LayerNormalization", "GroupNormalization", "InstanceNormalization":
		if i == 1 || i == 2 {
			return isParam
		}
	case "MatMul":
		if i == 1 {
			return isParam
		}
	case "BatchNormalization":
		if i == 1 || i == 2 {
			return isParam
		}
		if i == 3 || i == 4 {
			return isStatistic
		}
	}
	if v.isBias(n, i) || v.learned(n, i) {
		return isParam
	}
	return noRole
}

// isBias reports whether input i of n, a constant, is added to the output of a
// layer without a bias.
func (v *view) isBias(n *onnxfile.Node, i int) bool {
	return n.Op == "Add" && len(n.Inputs) == 2 && v.isLinear(n.Inputs[1-i])
}

// isLinear reports whether name is the output of a layer without a bias, of
// which an Add of a constant is the bias.
func (v *view) isLinear(name string) bool {
	n := v.producer[v.resolve(name)]
	return n != nil && (n.Op == "MatMul" || (n.Op == "Conv" || n.Op == "Gemm") && len(n.Inputs) == 2)
}

// collect fills Params and Statistics.
func (m *Model) collect() error {
	m.Params, m.Statistics = nil, nil
	m.params, m.stats = map[string]int{}, map[string]int{}
	for _, n := range m.nodes {
		for i := range n.Inputs {
			var err error
			switch m.graph.role(n, i) {
			case isParam:
				err = m.graph.take(&m.Params, m.params, n, i)
			case isStatistic:
				err = m.graph.take(&m.Statistics, m.stats, n, i)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// take adds a constant to a list that has it not yet.
func (v *view) take(list *[]Tensor, index map[string]int, n *onnxfile.Node, i int) error {
	name, t := v.floats(n, i)
	if _, ok := index[name]; ok {
		return nil
	}
	values, err := t.Floats()
	if err != nil {
		return &OpError{n.Op, n.Label(), fmt.Errorf("input %d: %w", i, err)}
	}
	for at, x := range values {
		if x-x != 0 { // NaN or infinite.
			return &OpError{n.Op, n.Label(), fmt.Errorf("%w: element %d of %q is %v, want finite weights", ErrFormat, at, name, x)}
		}
	}
	index[name] = len(*list)
	*list = append(*list, Tensor{Name: name, Shape: slices.Clone(t.Dims), Value: values})
	return nil
}
