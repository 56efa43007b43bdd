package augment

import (
	"encoding/binary"
	"image"
)

// convertYCbCr returns img in RGB as libjpeg does, bit by bit: chroma upsampled
// by triangles ("fancy upsampling", jdsample.c) for 4:2:2, 4:2:0 and 4:4:0, by
// repetition otherwise, then jdcolor.c's fixed point. The standard library
// repeats chroma, which moves the colours at edges.
func convertYCbCr(img *image.YCbCr) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	u := makeUpsampler(img)
	cb, cr := make([]uint8, w+1), make([]uint8, w+1) // Twice as wide as chroma where w is odd.
	for y := range h {
		u.row(cb, img.Cb, y)
		u.row(cr, img.Cr, y)
		luma := img.Y[y*img.YStride:][:w]
		pix := dst.Pix[y*dst.Stride:][:4*w]
		cb, cr := cb[:w], cr[:w]
		for x, l := range luma {
			l, b, r := int32(l), cb[x], cr[x]
			red := clamp(l + redOfCr[r])
			green := clamp(l + (greenOfCb[b]+greenOfCr[r])>>16)
			blue := clamp(l + blueOfCb[b])
			binary.LittleEndian.PutUint32(pix[4*x:], uint32(red)|uint32(green)<<8|uint32(blue)<<16|0xff<<24)
		}
	}
	return dst
}

// Tables of jdcolor.c: what a chroma value adds to a channel; the green ones with
// 16 fractional bits.
var redOfCr, blueOfCb, greenOfCr, greenOfCb = chromaTables()

func chromaTables() (redOfCr, blueOfCb, greenOfCr, greenOfCb [256]int32) {
	for i := range 256 {
		x := int32(i - 128)
		redOfCr[i] = (91881*x + 1<<15) >> 16   // 1.40200
		blueOfCb[i] = (116130*x + 1<<15) >> 16 // 1.77200
		greenOfCr[i] = -46802 * x              // 0.71414
		greenOfCb[i] = -22554*x + 1<<15        // 0.34414
	}
	return
}

// An upsampler makes rows of chroma as wide as luma.
type upsampler struct {
	stride         int
	w, h           int // Of the chroma planes.
	scaleX, scaleY int // Luma pixels a chroma pixel, across and down.
	fancyX, fancyY bool
	sums           []int32 // [w], scratch.
}

func makeUpsampler(img *image.YCbCr) *upsampler {
	u := &upsampler{stride: img.CStride, scaleX: 1, scaleY: 1}
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		u.scaleX = 2
	case image.YCbCrSubsampleRatio420:
		u.scaleX, u.scaleY = 2, 2
	case image.YCbCrSubsampleRatio440:
		u.scaleY = 2
	case image.YCbCrSubsampleRatio411:
		u.scaleX = 4
	case image.YCbCrSubsampleRatio410:
		u.scaleX, u.scaleY = 4, 2
	}
	u.w = (img.Rect.Dx() + u.scaleX - 1) / u.scaleX
	u.h = (img.Rect.Dy() + u.scaleY - 1) / u.scaleY
	u.fancyX = u.scaleX == 2 && u.w > 2 // jdsample.c wants three columns.
	u.fancyY = u.scaleY == 2 && (u.fancyX || u.scaleX == 1)
	u.sums = make([]int32, u.w)
	return u
}

// row fills dst with row y of the upsampled plane.
func (u *upsampler) row(dst, plane []uint8, y int) {
	near := plane[y/u.scaleY*u.stride:][:u.w]
	switch {
	case u.fancyX && u.fancyY:
		far := plane[u.neighbour(y)*u.stride:][:u.w]
		for i, v := range near {
			u.sums[i] = 3*int32(v) + int32(far[i])
		}
		triangleRow(dst, u.sums, 4, 8, 7)
	case u.fancyX:
		for i, v := range near {
			u.sums[i] = int32(v)
		}
		triangleRow(dst, u.sums, 2, 1, 2)
	case u.fancyY:
		far := plane[u.neighbour(y)*u.stride:][:u.w]
		bias := int32(1 + y%2)
		for i, v := range near {
			dst[i] = uint8((3*int32(v) + int32(far[i]) + bias) >> 2)
		}
	case u.scaleX == 1:
		copy(dst, near)
	default:
		for x := range dst[:len(dst)-1] {
			dst[x] = near[x/u.scaleX]
		}
	}
}

// neighbour returns the second nearest row of chroma to row y of luma.
func (u *upsampler) neighbour(y int) int {
	if y%2 == 0 {
		return max(0, y/2-1)
	}
	return min(u.h-1, y/2+1)
}

// triangleRow doubles sums across: 3/4 of the nearer and 1/4 of the farther,
// shifted down by bits after adding evenBias and oddBias in turns. The outer
// ones have one neighbour. dst holds at least twice as many; there are two sums
// or more.
func triangleRow(dst []uint8, sums []int32, bits int, evenBias, oddBias int32) {
	last := len(sums) - 1
	dst = dst[:2*len(sums)]
	dst[0] = uint8((4*sums[0] + evenBias) >> bits)
	dst[1] = uint8((3*sums[0] + sums[1] + oddBias) >> bits)
	before, here := sums[0], sums[1]
	for i, after := range sums[2:] {
		dst[2*i+2] = uint8((3*here + before + evenBias) >> bits)
		dst[2*i+3] = uint8((3*here + after + oddBias) >> bits)
		before, here = here, after
	}
	dst[2*last] = uint8((3*here + before + evenBias) >> bits)
	dst[2*last+1] = uint8((4*here + oddBias) >> bits)
}
