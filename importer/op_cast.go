package importer

import (
	"errors"

	"finetune/internal/onnxfile"
	"finetune/internal/op"
)

func init() { register("Cast", buildCast) }

// buildCast builds ONNX Cast, opset 6 to 24. Floating-point types are one here,
// and so are types of integers; a float becomes the integer towards zero.
//
// https://onnx.ai/onnx/operators/onnx__Cast.html
func buildCast(n *node) (value, error) {
	to, err := n.intAttr("to", 0)
	if err != nil {
		return value{}, err
	}
	if to == 0 {
		return value{}, errors.New("attribute to is missing, want an element type")
	}
	n.ignore("saturate", "round_mode") // Of 8-bit types.
	xs, err := n.any(1, 1)
	if err != nil {
		return value{}, err
	}
	return n.cast(xs[0], kindOf(onnxfile.DataType(to)))
}

// cast brings x to a kind.
func (n *node) cast(x value, to kind) (y value, err error) {
	y = x
	switch {
	case to == boolean && x.kind != boolean:
		y, err = n.apply(&op.Map{Function: op.NonZero}, x)
	case to == integer && x.kind == floating:
		y, err = n.apply(&op.Map{Function: op.Trunc}, x)
	}
	return y.as(to), err
}
