package importer

import (
	"fmt"
	"math"

	"finetune/internal/op"
)

// A line is an axis that is resized.
type line struct {
	from, to         int // Sizes.
	scale            float64
	roiStart, roiEnd float64 // In parts of the axis.
}

func (l line) unchanged() bool { return l.from == l.to && l.scale == 1 }

// cost is about how many numbers say what the axis is made of: 4 taps of two for
// each element, and as many for those that antialiasing takes in.
func (l line) cost() int { return 12*l.to + 8*l.from }

func (l line) check() error {
	if l.to < 1 || l.to > maxConstant || !(l.scale > 0) {
		return fmt.Errorf("an axis of size %d scaled by %v to %d, want a size from 1 to %d", l.from, l.scale, l.to, maxConstant)
	}
	return nil
}

// A sampling says how Resize samples an axis.
type sampling struct {
	mode      string // nearest, linear or cubic.
	transform string // coordinate_transformation_mode
	nearest   string // nearest_mode
	cubic     float64
	outside   float64 // extrapolation_value
	exclude   bool    // Elements outside of the axis have no weight, else that of the border.
	antialias bool
}

// taps returns what each element of the output is made of.
func (s sampling) taps(l line) ([][]op.Tap, error) {
	taps := make([][]op.Tap, l.to)
	for i := range taps {
		at, err := s.position(l, float64(i))
		if err != nil {
			return nil, err
		}
		if s.transform == "tf_crop_and_resize" && (at < 0 || at > float64(l.from-1)) {
			continue
		}
		if taps[i], err = s.around(at, l); err != nil {
			return nil, err
		}
	}
	return taps, nil
}

// position returns where in the input element i of the output lies.
func (s sampling) position(l line, i float64) (float64, error) {
	from := float64(l.from)
	to := l.scale * from // Not rounded, as in ONNX's reference.
	switch s.transform {
	case "half_pixel":
		return (i+0.5)/l.scale - 0.5, nil
	case "pytorch_half_pixel":
		if l.to == 1 {
			return -0.5, nil
		}
		return (i+0.5)/l.scale - 0.5, nil
	case "half_pixel_symmetric":
		adjustment := float64(l.to) / to
		return from/2*(1-adjustment) + (i+0.5)/l.scale - 0.5, nil
	case "asymmetric":
		return i / l.scale, nil
	case "align_corners":
		if l.to == 1 {
			return 0, nil
		}
		return i * (from - 1) / (to - 1), nil
	case "tf_crop_and_resize":
		width := (l.roiEnd - l.roiStart) * (from - 1)
		if l.to == 1 {
			return l.roiStart*(from-1) + width/2, nil
		}
		return l.roiStart*(from-1) + i*width/(to-1), nil
	}
	return 0, fmt.Errorf("attribute coordinate_transformation_mode = %q: %w", s.transform, ErrUnsupported)
}

// around returns the elements near a position with their weights.
func (s sampling) around(at float64, l line) ([]op.Tap, error) {
	var reach float64
	var weight func(distance float64) float64
	switch s.mode {
	case "nearest":
		i, err := s.nearestTo(at)
		return []op.Tap{{From: clamped(int(i), l.from), Weight: 1}}, err
	case "linear":
		reach, weight = 1, func(d float64) float64 { return math.Max(1-d, 0) }
	case "cubic":
		reach, weight = 2, s.keys
	default:
		return nil, fmt.Errorf("attribute mode = %q, want nearest, linear or cubic", s.mode)
	}
	shrink := 1.0
	if s.antialias {
		shrink = math.Min(l.scale, 1)
	}
	var taps []op.Tap
	total := 0.0
	for i := math.Ceil(at - reach/shrink); i <= at+reach/shrink; i++ {
		w := weight(math.Abs(i-at) * shrink)
		if w == 0 || s.exclude && (i < 0 || i >= float64(l.from)) {
			continue
		}
		taps = append(taps, op.Tap{From: clamped(int(i), l.from), Weight: w})
		total += w
	}
	for k := range taps {
		taps[k].Weight /= total
	}
	return taps, nil
}

func (s sampling) nearestTo(at float64) (float64, error) {
	switch s.nearest {
	case "round_prefer_floor":
		return math.Ceil(at - 0.5), nil
	case "round_prefer_ceil":
		return math.Floor(at + 0.5), nil
	case "floor":
		return math.Floor(at), nil
	case "ceil":
		return math.Ceil(at), nil
	}
	return 0, fmt.Errorf("attribute nearest_mode = %q, want round_prefer_floor, round_prefer_ceil, floor or ceil", s.nearest)
}

// keys is the kernel of cubic convolution (Keys, 1981), with its parameter.
func (s sampling) keys(d float64) float64 {
	a := s.cubic
	switch {
	case d <= 1:
		return ((a+2)*d-(a+3))*d*d + 1
	case d < 2:
		return ((a*d-5*a)*d+8*a)*d - 4*a
	}
	return 0
}
