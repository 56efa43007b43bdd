package importer

import (
	"fmt"
	"math"

	"finetune/internal/op"
)

func init() { register("Resize", buildResize) }

// buildResize builds ONNX Resize, opset 10 to 19, in the modes nearest, linear
// and cubic, with constant scales or sizes. From opset 11 on there are
// coordinate_transformation_mode, cubic_coeff_a, exclude_outside, nearest_mode
// and, for tf_crop_and_resize, the input roi; opset 10 is asymmetric and takes
// the floor. Opset 18 adds antialias, axes and keep_aspect_ratio_policy.
//
// https://onnx.ai/onnx/operators/onnx__Resize.html
func buildResize(n *node) (value, error) {
	if err := n.wantInputs(1, 4); err != nil {
		return value{}, err
	}
	x, err := n.x(0)
	if err != nil {
		return value{}, err
	}
	axes, err := n.resizedAxes(len(x.Shape()))
	if err != nil {
		return value{}, err
	}
	lines, err := n.resizedLines(x.Shape(), axes)
	if err != nil {
		return value{}, err
	}
	s, err := n.sampling()
	if err != nil {
		return value{}, err
	}
	for i, at := range axes {
		if lines[i].unchanged() && s.transform != "tf_crop_and_resize" {
			continue
		}
		if err := n.spend(lines[i].cost()); err != nil {
			return value{}, err
		}
		taps, err := s.taps(lines[i])
		if err != nil {
			return value{}, err
		}
		if x, err = n.apply(&op.Resample{Axis: at, Taps: taps, Fill: s.outside}, x); err != nil {
			return value{}, err
		}
	}
	return x, nil
}

// resizedAxes returns the axes that scales, sizes and roi are for.
func (n *node) resizedAxes(rank int) ([]int, error) {
	all := make([]int, rank)
	for a := range all {
		all[a] = a
	}
	axes, err := n.intsAttr("axes", -1, all...)
	if err != nil {
		return nil, err
	}
	for i, a := range axes {
		if axes[i], err = axis(a, rank); err != nil {
			return nil, err
		}
	}
	return axes, nil
}

// resizedLines returns how each of the axes is resized.
func (n *node) resizedLines(shape, axes []int) ([]line, error) {
	roi, scales, sizes := 1, 2, 3
	if n.opset < 11 {
		roi, scales, sizes = 4, 1, 4 // There are scales alone.
	}
	lines := make([]line, len(axes))
	for i, a := range axes {
		lines[i] = line{from: shape[a], roiEnd: 1}
	}
	if err := n.readRoi(lines, roi); err != nil {
		return nil, err
	}
	policy, err := attr(n, "keep_aspect_ratio_policy", "stretch")
	if err != nil {
		return nil, err
	}
	if n.has(scales) {
		factors, err := n.constFloats(scales)
		if err != nil {
			return nil, err
		}
		if len(factors) > 0 {
			return lines, scaled(lines, factors)
		}
	}
	if !n.has(sizes) {
		return nil, fmt.Errorf("neither scales nor sizes")
	}
	to, err := n.constInts(sizes)
	if err != nil {
		return nil, err
	}
	return lines, fitted(lines, to, policy)
}

// readRoi reads the region of interest of tf_crop_and_resize.
func (n *node) readRoi(lines []line, input int) error {
	if !n.has(input) {
		return nil
	}
	v, err := n.constFloats(input)
	if err != nil {
		return err
	}
	for i := range lines {
		if len(v) == 2*len(lines) {
			lines[i].roiStart, lines[i].roiEnd = v[i], v[len(lines)+i]
		}
	}
	return nil
}

// scaled sets the sizes of the output from scales.
func scaled(lines []line, scales []float64) error {
	if len(scales) != len(lines) {
		return fmt.Errorf("scales %v for %d axes", scales, len(lines))
	}
	for i := range lines {
		l := &lines[i]
		l.scale = scales[i]
		l.to = int(math.Min(math.Floor(float64(l.from)*scales[i]), maxConstant+1))
		if err := l.check(); err != nil {
			return err
		}
	}
	return nil
}

// fitted sets the scales from sizes of the output, which keep their ratio
// unless the policy is stretch.
func fitted(lines []line, sizes []int, policy string) error {
	if len(sizes) != len(lines) {
		return fmt.Errorf("sizes %v for %d axes", sizes, len(lines))
	}
	least, most := math.Inf(1), 0.0
	for i := range lines {
		l := &lines[i]
		l.to, l.scale = sizes[i], float64(sizes[i])/float64(l.from)
		least, most = math.Min(least, l.scale), math.Max(most, l.scale)
	}
	for i := range lines {
		l := &lines[i]
		switch policy {
		case "stretch":
		case "not_larger":
			l.scale, l.to = least, int(math.Floor(least*float64(l.from)+0.5))
		case "not_smaller":
			l.scale, l.to = most, int(math.Floor(most*float64(l.from)+0.5))
		default:
			return fmt.Errorf("attribute keep_aspect_ratio_policy = %q, want stretch, not_larger or not_smaller", policy)
		}
		if err := l.check(); err != nil {
			return err
		}
	}
	return nil
}

// sampling reads the attributes that say how an axis is sampled.
func (n *node) sampling() (s sampling, err error) {
	if s.mode, err = attr(n, "mode", "nearest"); err != nil {
		return s, err
	}
	transform, nearest := "half_pixel", "round_prefer_floor"
	if n.opset < 11 {
		transform, nearest = "asymmetric", "floor"
	}
	if s.transform, err = attr(n, "coordinate_transformation_mode", transform); err != nil {
		return s, err
	}
	if s.nearest, err = attr(n, "nearest_mode", nearest); err != nil {
		return s, err
	}
	if s.cubic, err = n.number("cubic_coeff_a", -0.75); err != nil {
		return s, err
	}
	if s.outside, err = n.number("extrapolation_value", 0); err != nil {
		return s, err
	}
	if s.exclude, err = n.flag("exclude_outside"); err != nil {
		return s, err
	}
	s.antialias, err = n.flag("antialias")
	return s, err
}
