package importer

import (
	"fmt"
	"slices"
	"strings"

	"finetune/internal/onnxfile"
)

// untie gives each node its own biases, gammas, betas and statistics, unless
// the model means them to be one tensor.
//
// Exporters merge tensors of equal values, so that layers which have nothing
// to do with each other share them, and a running mean may be a bias as well.
// Vectors that several nodes read are copied; weights of higher rank stay tied,
// and with them the parameters that are meant to be one, as of a layer that is
// used several times (CoaT's position encodings): a gradient that is split over
// copies would move them apart. What is meant is seen by [view.meantAs]. The
// copies may take maxCopied floats.
func (v *view) untie(nodes []*onnxfile.Node) error {
	taken := map[string]bool{}
	owners := map[string]string{} // What a vector is called where it is meant as something.
	copied := 0
	for _, n := range nodes {
		for i := range n.Inputs {
			role := v.role(n, i)
			if role == noRole {
				continue
			}
			name, t := v.floats(n, i)
			meant := ""
			if role == isParam && v.isVector(t) {
				meant = v.meantAs(n, i)
			}
			own, tied := owners[meant]
			switch {
			case !v.isVector(t) || !taken[name]:
				own = name
			case meant == "" || !tied:
				if copied += t.Len(); copied > maxCopied {
					return &OpError{n.Op, n.Label(), fmt.Errorf("%w: %q is shared by so many nodes that its copies take more than %d numbers", ErrFormat, name, maxCopied)}
				}
				own = v.copyOf(name, t)
			}
			taken[name] = true
			if meant != "" {
				owners[meant] = own
			}
			if own != name {
				inputs := slices.Clone(n.Inputs)
				inputs[i] = own
				n.SetInputs(inputs...)
			}
		}
	}
	return nil
}

// isVector reports whether t has one axis; of tensors of equal numbers those count
// too that have axes of size 1 besides it, as the gains of fresh layers.
func (v *view) isVector(t *onnxfile.Tensor) bool {
	long := 0
	for _, size := range t.Dims {
		if size != 1 {
			long++
		}
	}
	return len(t.Dims) == 1 || len(t.Dims) > 1 && long <= 1 && v.uniform(t)
}

// maxCopied is 16 times what VGG-16 would take if all of its vectors were one.
const maxCopied = 1 << 20

// copyOf adds an initializer of the same values; it returns name where these
// cannot be read.
func (v *view) copyOf(name string, t *onnxfile.Tensor) string {
	values, err := t.Floats()
	if err != nil {
		return name
	}
	own := &onnxfile.Tensor{Name: v.fresh(name)}
	own.SetFloats(t.Dims, values)
	v.add(own)
	return own.Name
}

// meantAs returns what the vector that is input i of n is there for. Two nodes
// for which it is the same are one layer that is used twice, and share the vector
// on purpose. It is "" where that cannot be told.
//
// A vector of numbers that differ is the same vector in two nodes of one kind
// only because it is one: training leaves no two alike. One of equal numbers, as
// a fresh layer has, is the same if the other constants of the layer are.
func (v *view) meantAs(n *onnxfile.Node, i int) string {
	name, t := v.floats(n, i)
	key := fmt.Sprintf("%s\x00%d\x00%s", n.Op, i, name)
	if !v.uniform(t) {
		return key
	}
	layer := n
	if v.isBias(n, i) {
		layer = v.producer[v.resolve(n.Inputs[1-i])]
	}
	var others []string
	for k := range layer.Inputs {
		other, t := v.floats(layer, k)
		if t != nil && (layer != n || k != i) && (len(t.Dims) > 1 || !v.uniform(t)) {
			others = append(others, other)
		}
	}
	if len(others) == 0 {
		return ""
	}
	return key + "\x00" + strings.Join(others, "\x00")
}

// uniform reports whether all elements of t are equal. It looks at each constant
// once.
func (v *view) uniform(t *onnxfile.Tensor) bool {
	uniform, seen := v.alike[t]
	if !seen {
		values, err := t.Floats()
		uniform = err == nil && !slices.ContainsFunc(values, func(x float32) bool { return x != values[0] })
		v.alike[t] = uniform
	}
	return uniform
}
