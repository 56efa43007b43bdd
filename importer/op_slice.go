package importer

import (
	"errors"
	"fmt"
)

func init() { register("Slice", buildSlice) }

// buildSlice builds ONNX Slice: starts, ends and axes are attributes before
// opset 10, and constant inputs from it on, when steps came, which may be
// negative.
//
// https://onnx.ai/onnx/operators/onnx__Slice.html
func buildSlice(n *node) (value, error) {
	if err := n.wantInputs(1, 5); err != nil {
		return value{}, err
	}
	x, err := n.value(0)
	if err != nil {
		return value{}, err
	}
	var bounds [4][]int // starts, ends, axes, steps
	for i, name := range []string{"starts", "ends", "axes", "steps"} {
		switch {
		case n.opset < 10 && i < 3:
			bounds[i], err = n.intsAttr(name, -1)
		case n.opset >= 10 && n.has(1+i):
			bounds[i], err = n.constInts(1 + i)
		}
		if err != nil {
			return value{}, err
		}
	}
	starts, ends, axes, steps := bounds[0], bounds[1], bounds[2], bounds[3]
	if starts == nil || ends == nil {
		return value{}, errors.New("no starts and ends, which Slice needs")
	}
	if len(starts) != len(ends) || axes != nil && len(axes) != len(starts) || steps != nil && len(steps) != len(starts) {
		return value{}, fmt.Errorf("starts %v, ends %v, axes %v, steps %v: want as many of each", starts, ends, axes, steps)
	}
	for i := range starts {
		at, step := i, 1
		if axes != nil {
			at = axes[i]
		}
		if steps != nil {
			step = steps[i]
		}
		if at, err = axis(at, len(x.Shape())); err != nil {
			return value{}, err
		}
		if step == 0 {
			return value{}, fmt.Errorf("steps %v: want none of 0", steps)
		}
		if x, err = n.gather(x, at, sliced(starts[i], ends[i], step, x.Shape()[at])); err != nil {
			return value{}, err
		}
	}
	return x, nil
}

// sliced lists start, start+step, … before end; negative bounds count from the
// end of the axis, and bounds beyond it are its own.
func sliced(start, end, step, size int) []int {
	if start < 0 {
		start += size
	}
	if end < 0 {
		end += size
	}
	indices := []int{}
	if step > 0 {
		for i := max(start, 0); i < min(end, size); i += min(step, size) {
			indices = append(indices, i)
		}
		return indices
	}
	for i := min(start, size-1); i > max(end, -1); i += max(step, -size) {
		indices = append(indices, i)
	}
	return indices
}
