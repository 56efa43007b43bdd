package augment

import (
	"image"
	"math/rand/v2"
)

func init() { register("resize", "resize(size)", buildResize) }

// buildResize reads resize(size) and resize: size×size pixels, whatever the
// shape of the source; without an argument, the input size of the model.
func buildResize(a *arguments) Transform {
	a.count(0, 1)
	size := a.size
	if len(a.values) == 1 {
		size = a.integer(0, 1, maxSize)
	}
	return resize{size, a.interp}
}

type resize struct {
	size   int
	interp Interpolation
}

func (r resize) Apply(src *image.NRGBA, _ *rand.Rand) *image.NRGBA {
	return Resample(src, whole(src.Rect), r.size, r.size, r.interp)
}

// whole returns the box of a whole picture.
func whole(bounds image.Rectangle) Box {
	return Box{0, 0, float64(bounds.Dx()), float64(bounds.Dy())}
}

func (r resize) outputSize() int { return r.size }

func (r resize) String() string { return format("resize", float64(r.size)) }
