package importer

import "finetune/internal/onnxfile"

// learned reports whether the constant that is input i of n is a tensor of its
// own that training moves: a position embedding, a class token, a scale of
// layers, a table of attention biases, or scale and shift of a normalization
// that is written out. Exporters write what is learned as initializers of more
// than one element, and what is computed as Constant nodes. Masks and the
// constants of preprocessing are not learned.
func (v *view) learned(n *onnxfile.Node, i int) bool {
	name, t := v.floats(n, i)
	if t == nil || t.Len() < 2 || v.constant[name] != nil {
		return false
	}
	switch n.Op {
	case "Add", "Mul":
		return len(n.Inputs) == 2 && !v.isPreprocessing(n.Inputs[1-i]) && !v.isMask(t)
	case "Expand", "Gather", "GatherElements", "GatherND":
		return i == 0 && !v.isMask(t)
	case "PRelu":
		return i == 1
	}
	return false
}

// isMask reports whether t holds 0 and one other number alone, as masks do. It
// looks at each constant once.
func (v *view) isMask(t *onnxfile.Tensor) bool {
	mask, seen := v.masks[t]
	if !seen {
		mask = holdsMask(t)
		v.masks[t] = mask
	}
	return mask
}

func holdsMask(t *onnxfile.Tensor) bool {
	values, err := t.Floats()
	if err != nil {
		return false
	}
	other, zeros := float32(0), 0
	for _, x := range values {
		switch {
		case x == 0:
			zeros++
		case other != 0 && x != other:
			return false
		default:
			other = x
		}
	}
	return zeros > 0 && zeros < len(values)
}

// maxPreprocessing is how many operators preprocessing may have, twice those of
// a change of range, mean, deviation and layout.
const maxPreprocessing = 8

// isPreprocessing reports whether name is the input, or comes from it by
// arithmetic with constants alone.
func (v *view) isPreprocessing(name string) bool {
	for range maxPreprocessing {
		name = v.resolve(name)
		n := v.producer[name]
		if n == nil {
			return true
		}
		switch n.Op {
		case "Add", "Sub", "Mul", "Div", "Cast", "Transpose":
		default:
			return false
		}
		name = ""
		for _, input := range n.Inputs {
			if v.constants[v.resolve(input)] != nil {
				continue
			}
			if name != "" {
				return false
			}
			name = input
		}
		if name == "" {
			return false
		}
	}
	return false
}
