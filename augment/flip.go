package augment

import (
	"image"
	"math/rand/v2"

	"github.com/disintegration/imaging"
)

func init() { register("flip", "flip(p)", buildFlip) }

// buildFlip reads flip(p) and flip: left and right change places with
// probability p, 0.5 if left out.
func buildFlip(a *arguments) Transform {
	a.count(0, 1)
	return flip{a.optional(0, 0.5, 0, 1)}
}

type flip struct {
	p float64
}

func (f flip) Apply(src *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	if rng.Float64() >= f.p {
		return src
	}
	return imaging.FlipH(src)
}

func (f flip) String() string { return format("flip", f.p) }
