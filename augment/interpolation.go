package augment

import (
	"fmt"
	"math"
)

// An Interpolation is a reconstruction filter. Both are widened when they
// shrink a picture, so they antialias, as in Pillow.
type Interpolation int

const (
	Bicubic  Interpolation = iota // Keys' cubic with a = -0.5 (Keys, 1981), support 2.
	Bilinear                      // Triangle, support 1.
)

// ParseInterpolation returns the interpolation of the given name, "bicubic" or
// "bilinear".
func ParseInterpolation(name string) (Interpolation, error) {
	for _, i := range []Interpolation{Bicubic, Bilinear} {
		if name == i.String() {
			return i, nil
		}
	}
	return 0, fmt.Errorf("augment: interpolation is %q, want bicubic or bilinear", name)
}

// String returns the name that [ParseInterpolation] reads.
func (i Interpolation) String() string {
	switch i {
	case Bicubic:
		return "bicubic"
	case Bilinear:
		return "bilinear"
	}
	return fmt.Sprintf("Interpolation(%d)", int(i))
}

// filter returns the kernel and its support, in pixels of the coarser grid.
func (i Interpolation) filter() (kernel func(x float64) float64, support float64) {
	switch i {
	case Bicubic:
		return cubic, 2
	case Bilinear:
		return triangle, 1
	}
	panic(fmt.Sprintf("augment: interpolation is %d", int(i)))
}

// cubic is Keys' kernel; the order of operations is Pillow's, so its rounding is too.
func cubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}

func triangle(x float64) float64 {
	return max(0, 1-math.Abs(x))
}
