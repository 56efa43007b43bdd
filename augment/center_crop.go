package augment

import (
	"image"
	"math"
	"math/rand/v2"

	"github.com/disintegration/imaging"
)

func init() { register("center_crop", "center_crop(share)", buildCenterCrop) }

// buildCenterCrop reads center_crop(share): the centred square whose side is
// share × the short side. Before resize its edges may lie between pixels;
// elsewhere they go to the nearest ones.
func buildCenterCrop(a *arguments) Transform {
	a.count(1, 1)
	return centerCrop{a.number(0, above0, 1)}
}

// above0 is the lower bound of shares that may be small but not 0.
const above0 = 1e-6

type centerCrop struct {
	share float64
}

func (c centerCrop) box(bounds image.Rectangle, _ *rand.Rand) Box {
	w, h := float64(bounds.Dx()), float64(bounds.Dy())
	side := min(w, h) * c.share
	x, y := (w-side)/2, (h-side)/2
	return Box{x, y, x + side, y + side}
}

func (c centerCrop) Apply(src *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	b := c.box(src.Rect, rng)
	side := max(1, int(math.Round(b.X1-b.X0)))
	return imaging.CropCenter(src, side, side)
}

func (c centerCrop) String() string { return format("center_crop", c.share) }
