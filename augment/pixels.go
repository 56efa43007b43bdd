package augment

import (
	"image"

	"github.com/disintegration/imaging"
)

// toNRGBA returns img on a white ground of w×h pixels. They differ where a GIF's
// first frame covers a part of its screen.
func toNRGBA(img image.Image, w, h int) *image.NRGBA {
	var out *image.NRGBA
	switch img := img.(type) {
	case *image.YCbCr:
		out = image.NewNRGBA(image.Rect(0, 0, img.Rect.Dx(), img.Rect.Dy()))
		convertYCbCr(out, img)
	case *image.NRGBA:
		out = whiten(img)
	default:
		out = whiten(imaging.Clone(img))
	}
	if bounds := img.Bounds(); bounds != image.Rect(0, 0, w, h) {
		ground := image.NewNRGBA(image.Rect(0, 0, w, h))
		for i := range ground.Pix {
			ground.Pix[i] = 255
		}
		out = imaging.Paste(ground, out, bounds.Min)
	}
	return out
}

// whiten puts a white ground behind img, in place.
func whiten(img *image.NRGBA) *image.NRGBA {
	for i := 3; i < len(img.Pix); i += 4 {
		alpha := uint32(img.Pix[i])
		if alpha == 255 {
			continue
		}
		p := img.Pix[i-3 : i+1 : i+1]
		for c := range p {
			p[c] = uint8((uint32(p[c])*alpha + 255*(255-alpha) + 127) / 255)
		}
		p[3] = 255
	}
	return img
}
