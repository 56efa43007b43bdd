package augment

import (
	"image"
	"math/rand/v2"
)

func init() {
	register("color_jitter", "color_jitter(brightness[,contrast,saturation])", buildColorJitter)
}

// buildColorJitter reads color_jitter(b,c,s): brightness, contrast and
// saturation are each multiplied by a factor between 1-x and 1+x, uniform and
// not below 0, in random order. One argument stands for all three.
func buildColorJitter(a *arguments) Transform {
	a.count(1, 3)
	if len(a.values) == 2 {
		a.count(3, 3)
	}
	x := a.optional(0, 0, 0, 10)
	return colorJitter{x, a.optional(1, x, 0, 10), a.optional(2, x, 0, 10)}
}

// A colorJitter is torchvision's ColorJitter without the hue; the adjustments
// are those of Pillow's ImageEnhance.
type colorJitter struct {
	brightness, contrast, saturation float64
}

func (j colorJitter) Apply(src *image.NRGBA, rng *rand.Rand) *image.NRGBA {
	img := copyOf(src)
	for _, adjustment := range rng.Perm(3) {
		switch adjustment {
		case 0:
			adjustBrightness(img, jitter(rng, j.brightness))
		case 1:
			adjustContrast(img, jitter(rng, j.contrast))
		case 2:
			adjustSaturation(img, jitter(rng, j.saturation))
		}
	}
	return img
}

func jitter(rng *rand.Rand, x float64) float32 {
	return float32(uniform(rng, max(0, 1-x), 1+x))
}

// adjustBrightness blends img with black.
func adjustBrightness(img *image.NRGBA, factor float32) {
	table := blendTable(0, factor)
	for i := 0; i < len(img.Pix); i += 4 {
		lookUp(img.Pix[i:i+3:i+3], &table)
	}
}

// adjustContrast blends img with the mean of its luma.
func adjustContrast(img *image.NRGBA, factor float32) {
	sum := 0
	for i := 0; i < len(img.Pix); i += 4 {
		sum += int(luma(img.Pix[i : i+3 : i+3]))
	}
	mean := int(float64(sum)/float64(len(img.Pix)/4) + 0.5)
	table := blendTable(float32(mean), factor)
	for i := 0; i < len(img.Pix); i += 4 {
		lookUp(img.Pix[i:i+3:i+3], &table)
	}
}

// adjustSaturation blends img with its luma.
func adjustSaturation(img *image.NRGBA, factor float32) {
	for i := 0; i < len(img.Pix); i += 4 {
		p := img.Pix[i : i+3 : i+3]
		grey := float32(luma(p))
		for c, v := range p {
			p[c] = blend(grey, float32(v), factor)
		}
	}
}

// luma is Pillow's: ITU-R 601-2 in 16 bits.
func luma(p []uint8) uint8 {
	return uint8((int(p[0])*19595 + int(p[1])*38470 + int(p[2])*7471 + 1<<15) >> 16)
}

// blend returns a + factor·(b − a) cut to a byte, as Pillow's Blend.c.
func blend(a, b, factor float32) uint8 {
	return uint8(max(0, min(a+factor*(b-a), 255)))
}

func blendTable(ground, factor float32) (table [256]uint8) {
	for v := range table {
		table[v] = blend(ground, float32(v), factor)
	}
	return table
}

func lookUp(p []uint8, table *[256]uint8) {
	p[0], p[1], p[2] = table[p[0]], table[p[1]], table[p[2]]
}

// copyOf returns a copy of src whose pixels lie together.
func copyOf(src *image.NRGBA) *image.NRGBA {
	dst := image.NewNRGBA(image.Rect(0, 0, src.Rect.Dx(), src.Rect.Dy()))
	for y := range dst.Rect.Dy() {
		copy(dst.Pix[y*dst.Stride:][:dst.Stride], src.Pix[y*src.Stride:])
	}
	return dst
}

func (j colorJitter) String() string {
	return format("color_jitter", j.brightness, j.contrast, j.saturation)
}
