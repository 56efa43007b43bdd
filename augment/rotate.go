package augment

import (
	"image"
	"image/color"
	"math/rand/v2"

	"github.com/disintegration/imaging"
)

func init() { register("rotate", "rotate(degrees)", buildRotate) }

// buildRotate reads rotate(degrees): a turn about the centre by an angle that is
// uniform between -degrees and degrees, bilinear, in a frame of the same size.
// Corners that come from outside the picture are grey.
func buildRotate(a *arguments) Transform {
	a.count(1, 1)
	return rotate{a.number(0, 0, 180)}
}

// grey fills what has no pixels. The means that backbones are normalized with
// lie near it, so a network sees about 0.
var grey = color.NRGBA{127, 127, 127, 255}

type rotate struct {
	degrees float64
}

func (r rotate) Apply(src *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	turned := imaging.Rotate(src, uniform(rng, -r.degrees, r.degrees), grey)
	return imaging.CropCenter(turned, src.Rect.Dx(), src.Rect.Dy())
}

func (r rotate) String() string { return format("rotate", r.degrees) }
