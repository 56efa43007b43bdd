package augment

import (
	"image"
	"image/draw"
	"math"
	"math/rand/v2"
)

func init() {
	register("random_erasing", "random_erasing(p[,min_area,max_area])", buildRandomErasing)
}

// buildRandomErasing reads random_erasing(p,min_area,max_area): with probability
// p a rectangle becomes grey; the areas are 0.02 to 0.33 if left out.
func buildRandomErasing(a *arguments) Transform {
	a.count(1, 3)
	if len(a.values) == 2 {
		a.count(3, 3)
	}
	e := randomErasing{a.number(0, 0, 1), 0.02, 0.33}
	if len(a.values) == 3 {
		e.minArea = a.number(1, above0, 1)
		e.maxArea = a.number(2, e.minArea, 1)
	}
	return e
}

// A randomErasing takes away a share of the area between minArea and maxArea,
// with a ratio of height to width between 3/10 and 10/3 (its logarithm uniform),
// at a uniform place (Zhong et al., 2017, https://arxiv.org/abs/1708.04896).
// Where 10 draws do not fit into the picture, nothing happens.
type randomErasing struct {
	p, minArea, maxArea float64
}

func (e randomErasing) Apply(src *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	if rng.Float64() >= e.p {
		return src
	}
	hole, found := e.hole(src.Rect.Dx(), src.Rect.Dy(), rng)
	if !found {
		return src
	}
	img := copyOf(src)
	draw.Draw(img, hole, image.NewUniform(grey), image.Point{}, draw.Src)
	return img
}

func (e randomErasing) hole(w, h int, rng *rand.Rand) (hole image.Rectangle, found bool) {
	for range 10 {
		area := float64(w*h) * uniform(rng, e.minArea, e.maxArea)
		ratio := math.Exp(uniform(rng, math.Log(3.0/10), math.Log(10.0/3)))
		holeW, holeH := int(math.Round(math.Sqrt(area/ratio))), int(math.Round(math.Sqrt(area*ratio)))
		if holeW < w && holeH < h {
			x, y := rng.IntN(w-holeW+1), rng.IntN(h-holeH+1)
			return image.Rect(x, y, x+holeW, y+holeH), true
		}
	}
	return image.Rectangle{}, false
}

func (e randomErasing) String() string {
	return format("random_erasing", e.p, e.minArea, e.maxArea)
}
