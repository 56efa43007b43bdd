package importer

import "fmt"

func init() { register("Tile", buildTile) }

// buildTile builds ONNX Tile, opset 6 to 13, with constant repeats.
//
// https://onnx.ai/onnx/operators/onnx__Tile.html
func buildTile(n *node) (value, error) {
	if err := n.wantInputs(2, 2); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	repeats, err := n.constInts(1)
	if err != nil {
		return value{}, err
	}
	if len(repeats) != len(x.Shape()) {
		return value{}, fmt.Errorf("repeats %v for shape %v, want one for each axis", repeats, x.Shape())
	}
	for axis, count := range repeats {
		if x, err = n.repeat(x, axis, count); err != nil {
			return value{}, err
		}
	}
	return x, nil
}
