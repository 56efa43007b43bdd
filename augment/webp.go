package augment

import (
	"image"
	"io"

	"golang.org/x/image/webp"
)

// decodeWebP is webp.Decode with the colours that the format means: a lossy
// picture is BT.601 in the narrow range (RFC 6386, section 9.2), where
// image.YCbCr means the full one.
func decodeWebP(r io.Reader) (image.Image, error) {
	img, err := webp.Decode(r)
	if err != nil {
		return nil, err
	}
	switch img := img.(type) {
	case *image.YCbCr:
		return narrowToNRGBA(img), nil
	case *image.NYCbCrA:
		out := narrowToNRGBA(&img.YCbCr)
		for y := range out.Rect.Dy() {
			for x := range out.Rect.Dx() {
				out.Pix[y*out.Stride+4*x+3] = img.A[y*img.AStride+x]
			}
		}
		return out, nil
	}
	return img, nil
}

// narrowToNRGBA converts with libwebp's fixed point (src/dsp/yuv.h).
func narrowToNRGBA(img *image.YCbCr) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	u := makeUpsampler(img)
	cb, cr := make([]uint8, u.rowBytes()), make([]uint8, u.rowBytes())
	for y := range h {
		u.row(cb, img.Cb, y)
		u.row(cr, img.Cr, y)
		for x, l := range img.Y[y*img.YStride:][:w] {
			luma, b, r := int32(l)*19077>>8, int32(cb[x]), int32(cr[x])
			p := dst.Pix[y*dst.Stride+4*x:][:4]
			p[0] = uint8(clamp((luma + r*26149>>8 - 14234) >> 6))
			p[1] = uint8(clamp((luma - b*6419>>8 - r*13320>>8 + 8708) >> 6))
			p[2] = uint8(clamp((luma + b*33050>>8 - 17685) >> 6))
			p[3] = 255
		}
	}
	return dst
}
