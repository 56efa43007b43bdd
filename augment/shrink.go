package augment

import (
	"image"
	"math"
)

// Enough says how large a picture has to be for a pipeline. The zero value
// wants every pixel.
type Enough struct {
	Area int // Width × height, pixels.
	Side int // Both sides, pixels.
}

// Enough returns how large a picture has to be for p so that no random crop is
// enlarged: a crop of the smallest area and of ratio 3/4 is then as wide as the
// result, and so is the square of the short side. A pipeline that begins
// otherwise, as that of evaluation, wants every pixel.
func (p Pipeline) Enough() Enough {
	if len(p) == 0 {
		return Enough{}
	}
	c, ok := p[0].(randomResizedCrop)
	if !ok {
		return Enough{}
	}
	return Enough{Area: int(math.Ceil(float64(c.size*c.size) / (c.minArea * 3 / 4))), Side: c.size}
}

// factor returns the largest whole number by which both sides of w×h can be
// divided.
func (e Enough) factor(w, h int) int {
	if e.Area == 0 {
		return 1
	}
	f := 1
	for w/(f+1)*(h/(f+1)) >= e.Area && min(w, h)/(f+1) >= e.Side {
		f++
	}
	return f
}

// Shrink returns p with each square of f×f numbers replaced by their mean,
// where f is the largest whole number that leaves a picture of enough pixels;
// p itself if that is 1. The squares at the right and the lower edge may be
// parts of one. This is Pillow's Image.reduce, for a JPEG before its chroma is
// upsampled, as libjpeg's scaled decoding has it.
func (p *Picture) Shrink(e Enough) *Picture {
	if p.planes == nil {
		f := e.factor(p.w, p.h)
		if f == 1 {
			return p
		}
		s := &Picture{w: ceilDiv(p.w, f), h: ceilDiv(p.h, f)}
		s.pixels = make([]uint8, 3*s.w*s.h)
		for channel := range 3 {
			shrinkPlane(s.pixels[channel:], 3*s.w, p.pixels[channel:], 3*p.w, 3, p.w, p.h, f)
		}
		return s
	}
	w, h := p.planes.Rect.Dx(), p.planes.Rect.Dy()
	f := e.factor(w, h)
	if f == 1 {
		return p
	}
	u := makeUpsampler(p.planes)
	small := image.NewYCbCr(image.Rect(0, 0, ceilDiv(w, f), ceilDiv(h, f)), p.planes.SubsampleRatio)
	shrinkPlane(small.Y, small.YStride, p.planes.Y, p.planes.YStride, 1, w, h, f)
	shrinkPlane(small.Cb, small.CStride, p.planes.Cb, p.planes.CStride, 1, u.w, u.h, f)
	shrinkPlane(small.Cr, small.CStride, p.planes.Cr, p.planes.CStride, 1, u.w, u.h, f)
	return &Picture{planes: small, orientation: p.orientation}
}

// shrinkPlane writes the means of f×f squares of a plane of w×h numbers, which
// lie step apart, as they do in dst.
func shrinkPlane(dst []uint8, dstStride int, src []uint8, srcStride, step, w, h, f int) {
	sums := make([]uint32, ceilDiv(w, f))
	for top := 0; top < h; top += f {
		clear(sums)
		rows := min(f, h-top)
		for y := top; y < top+rows; y++ {
			row := src[y*srcStride:]
			for i := range sums {
				for x := i * f; x < min(w, (i+1)*f); x++ {
					sums[i] += uint32(row[x*step])
				}
			}
		}
		out := dst[top/f*dstStride:]
		for i, sum := range sums {
			n := uint32(rows * min(f, w-i*f))
			out[i*step] = uint8((sum + n/2) / n)
		}
	}
}

func ceilDiv(n, d int) int { return (n + d - 1) / d }
