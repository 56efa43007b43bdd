package importer

import (
	"fmt"
	"slices"

	"finetune/internal/onnxfile"
	"finetune/internal/op"
)

// roundTrip is the name here of a pair of QuantizeLinear and DequantizeLinear.
const roundTrip = "QuantizeLinear+DequantizeLinear"

func init() { register(roundTrip, buildRoundTrip) }

// readQuantized turns a file in QDQ form into one of floats: DequantizeLinear
// of a constant becomes the numbers, and a pair of QuantizeLinear and
// DequantizeLinear a node that rounds to their grid. Others are left, to be
// refused. It reports whether there were any.
func (v *view) readQuantized() (bool, error) {
	any := false
	again := map[*onnxfile.Tensor]bool{}
	copied := 0
	for _, n := range slices.Clone(v.file.Graph.Nodes) {
		if n.Op != "DequantizeLinear" || !onnxfile.IsONNX(n.Domain) || len(n.Inputs) < 2 {
			continue
		}
		any = true
		var err error
		if q, t := v.producer[n.Inputs[0]], v.constants[n.Inputs[0]]; t != nil {
			if again[t] {
				copied += t.Len()
			}
			again[t] = true
			if copied > maxCopied {
				err = fmt.Errorf("%w: %q is shared by so many nodes that its copies take more than %d numbers", ErrFormat, n.Inputs[0], maxCopied)
			} else {
				err = v.dequantizeConstant(n)
			}
		} else if q != nil && q.Op == "QuantizeLinear" && len(q.Inputs) > 1 && slices.Equal(q.Inputs[1:], n.Inputs[1:]) {
			err = v.joinPair(q, n)
		}
		if err != nil {
			return any, &OpError{n.Op, n.Label(), err}
		}
	}
	if !any {
		return false, nil
	}
	uses := v.useCounts()
	for _, n := range slices.Clone(v.file.Graph.Nodes) {
		if n.Op == "QuantizeLinear" && uses[n.Outputs[0]] == 0 {
			v.remove(n)
		}
	}
	return true, nil
}

// dequantizeConstant replaces DequantizeLinear of a constant by the numbers,
// scale·(q − zero), opset 10 to 24; block-wise scales are unsupported.
//
// https://onnx.ai/onnx/operators/onnx__DequantizeLinear.html
func (v *view) dequantizeConstant(n *onnxfile.Node) error {
	t := v.constants[n.Inputs[0]]
	scales, zeros, err := v.gridOf(n)
	if err != nil {
		return err
	}
	axis := 1
	if len(scales) > 1 {
		if a := n.Attribute("axis"); a != nil {
			axis = int(a.Int)
		}
		if axis < 0 {
			axis += len(t.Dims)
		}
		if axis < 0 || axis >= len(t.Dims) || t.Dims[axis] != len(scales) {
			return fmt.Errorf("%d scales along axis %d of shape %v: %w", len(scales), axis, t.Dims, ErrUnsupported)
		}
	}
	out := &onnxfile.Tensor{Name: n.Outputs[0]}
	if err := out.SetDequantized(t, axis, scales, zeros); err != nil {
		return err
	}
	v.remove(n)
	v.add(out)
	return nil
}

// gridOf returns the constant scales and zero points of QuantizeLinear or
// DequantizeLinear.
func (v *view) gridOf(n *onnxfile.Node) (scales []float32, zeros []int64, err error) {
	_, scale := v.floats(n, 1)
	if scale == nil || scale.Len() == 0 {
		return nil, nil, fmt.Errorf("scale %q is no constant: %w", n.Inputs[1], ErrUnsupported)
	}
	if scales, err = scale.Floats(); err != nil {
		return nil, nil, err
	}
	if len(n.Inputs) < 3 || n.Inputs[2] == "" {
		return scales, []int64{0}, nil
	}
	zero := v.constants[n.Inputs[2]]
	if zero == nil || zero.Len() != len(scales) {
		return nil, nil, fmt.Errorf("zero point %q is no constant of %d numbers: %w", n.Inputs[2], len(scales), ErrUnsupported)
	}
	zeros, err = zero.Integers()
	return scales, zeros, err
}

// joinPair makes one node of QuantizeLinear q and DequantizeLinear n.
func (v *view) joinPair(q, n *onnxfile.Node) error {
	scales, zeros, err := v.gridOf(q)
	if err != nil {
		return err
	}
	if len(scales) != 1 {
		return fmt.Errorf("%d scales of a tensor that is not constant, want 1: %w", len(scales), ErrUnsupported)
	}
	lo, hi := int64(0), int64(255) // Without a zero point the type is uint8.
	if len(q.Inputs) > 2 && q.Inputs[2] != "" {
		switch typ := v.constants[q.Inputs[2]].Type; typ {
		case onnxfile.TypeUint8:
		case onnxfile.TypeInt8:
			lo, hi = -128, 127
		default:
			return fmt.Errorf("integers of type %v, want int8 or uint8: %w", typ, ErrUnsupported)
		}
	}
	pair := newNode(roundTrip, []string{q.Inputs[0]}, n.Outputs[0],
		onnxfile.Float("scale", scales[0]), onnxfile.Int("zero", zeros[0]), onnxfile.Int("least", lo), onnxfile.Int("most", hi))
	pair.Name = n.Label()
	v.before(n, pair)
	g := v.file.Graph
	g.Nodes = slices.DeleteFunc(g.Nodes, func(other *onnxfile.Node) bool { return other == n })
	return nil
}

// buildRoundTrip builds a pair of QuantizeLinear and DequantizeLinear with one
// scale, opset 10 to 24. It has no gradient.
//
// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html
func buildRoundTrip(n *node) (value, error) {
	if n.builder.options.Mode != Evaluate {
		return value{}, fmt.Errorf("a quantized model can be evaluated, not trained (train the one that it was made of): %w", ErrUnsupported)
	}
	scale, err := attr(n, "scale", float32(0))
	if err != nil {
		return value{}, err
	}
	zero, err := n.intAttr("zero", 0)
	if err != nil {
		return value{}, err
	}
	least, err := n.intAttr("least", 0)
	if err != nil {
		return value{}, err
	}
	most, err := n.intAttr("most", 0)
	if err != nil {
		return value{}, err
	}
	return n.unary(&op.Quantize{Scale: scale, Zero: zero, Least: least, Most: most})
}
