package augment

import "image"

// A Picture is a decoded file as it takes least memory: a JPEG as its planes of
// luma and chroma, mostly 1.5 bytes a pixel, anything else as 3 bytes a pixel.
// Reading the file again costs ten times as much as [Picture.NRGBA].
type Picture struct {
	planes      *image.YCbCr // Nil for pixels.
	orientation int          // Of planes, as EXIF states it.

	w, h   int     // Of pixels.
	pixels []uint8 // [h, w, 3], RGB.
}

// DecodePicture reads a file as [Decode] does: the NRGBA of the result is what
// Decode returns.
func DecodePicture(data []byte, o DecodeOptions) (*Picture, error) {
	f, img, w, h, err := decode(data, o)
	if err != nil {
		return nil, err
	}
	if planes, ok := img.(*image.YCbCr); ok && planes.Rect == image.Rect(0, 0, w, h) {
		return &Picture{planes: planes, orientation: orientationOf(f, data)}, nil
	}
	return pack(orient(toNRGBA(img, w, h), orientationOf(f, data))), nil
}

// Bytes returns the memory that p holds.
func (p *Picture) Bytes() int64 {
	if p.planes != nil {
		return int64(len(p.planes.Y) + len(p.planes.Cb) + len(p.planes.Cr))
	}
	return int64(len(p.pixels))
}

// NRGBA returns p in RGB, upright. Where buf is large enough, 4 bytes a pixel,
// the result may lie in it.
func (p *Picture) NRGBA(buf []uint8) *image.NRGBA {
	if p.planes != nil {
		dst := reuse(buf, p.planes.Rect.Dx(), p.planes.Rect.Dy())
		convertYCbCr(dst, p.planes)
		return orient(dst, p.orientation)
	}
	dst := reuse(buf, p.w, p.h)
	src, pix := p.pixels, dst.Pix
	for len(src) >= 3 && len(pix) >= 4 {
		pix[0], pix[1], pix[2], pix[3] = src[0], src[1], src[2], 255
		src, pix = src[3:], pix[4:]
	}
	return dst
}

// reuse returns a w×h picture of unknown content, in buf if that is large
// enough.
func reuse(buf []uint8, w, h int) *image.NRGBA {
	if size := 4 * w * h; cap(buf) < size {
		buf = make([]uint8, size)
	} else {
		buf = buf[:size]
	}
	return &image.NRGBA{Pix: buf, Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
}

// pack returns an opaque picture as a Picture.
func pack(img *image.NRGBA) *Picture {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	p := &Picture{w: w, h: h, pixels: make([]uint8, 3*w*h)}
	for y := range h {
		src, dst := img.Pix[y*img.Stride:][:4*w], p.pixels[3*y*w:][:3*w]
		for len(src) >= 4 && len(dst) >= 3 {
			dst[0], dst[1], dst[2] = src[0], src[1], src[2]
			src, dst = src[4:], dst[3:]
		}
	}
	return p
}
