package augment

import (
	"image"
	"math"
	"math/rand/v2"
)

func init() {
	register("random_resized_crop", "random_resized_crop([size,]min_area,max_area)", buildRandomResizedCrop)
}

// buildRandomResizedCrop reads random_resized_crop(size,min_area,max_area),
// where size, or the areas, or both may be left out: size is then the input size
// of the model, and the areas are 0.35 to 1.
func buildRandomResizedCrop(a *arguments) Transform {
	a.count(0, 3)
	c := randomResizedCrop{a.size, 0.35, 1, a.interp}
	n := len(a.values)
	if n == 1 || n == 3 {
		c.size = a.integer(0, 1, maxSize)
	}
	if n >= 2 {
		c.minArea = a.number(n-2, above0, 1)
		c.maxArea = a.number(n-1, c.minArea, 1)
	}
	return c
}

// A randomResizedCrop takes a share of the area between minArea and maxArea, with
// a ratio of width to height between 3/4 and 4/3 (its logarithm uniform), at a
// uniform place, and resamples it to size×size (Szegedy et al., 2014, section
// 6). Where 10 draws do not fit into the picture, it takes a square of the short
// side.
type randomResizedCrop struct {
	size             int
	minArea, maxArea float64
	interp           Interpolation
}

func (c randomResizedCrop) Apply(src *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	return Resample(src, c.box(src.Rect, rng), c.size, c.size, c.interp)
}

func (c randomResizedCrop) box(bounds image.Rectangle, rng *rand.Rand) Box {
	w, h := bounds.Dx(), bounds.Dy()
	cropW, cropH := min(w, h), min(w, h)
	for range 10 {
		area := float64(w*h) * uniform(rng, c.minArea, c.maxArea)
		ratio := math.Exp(uniform(rng, math.Log(3.0/4), math.Log(4.0/3)))
		drawnW := int(math.RoundToEven(math.Sqrt(area * ratio)))
		drawnH := int(math.RoundToEven(math.Sqrt(area / ratio)))
		if 0 < drawnW && drawnW <= w && 0 < drawnH && drawnH <= h {
			cropW, cropH = drawnW, drawnH
			break
		}
	}
	x, y := rng.IntN(w-cropW+1), rng.IntN(h-cropH+1)
	return Box{float64(x), float64(y), float64(x + cropW), float64(y + cropH)}
}

// uniform returns a number from lo to hi.
func uniform(rng *rand.Rand, lo, hi float64) float64 {
	return lo + (hi-lo)*rng.Float64()
}

func (c randomResizedCrop) outputSize() int { return c.size }

func (c randomResizedCrop) String() string {
	return format("random_resized_crop", float64(c.size), c.minArea, c.maxArea)
}
