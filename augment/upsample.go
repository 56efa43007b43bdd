package augment

import (
	"encoding/binary"
	"image"
)

// An upsampler makes rows of chroma as wide as luma.
type upsampler struct {
	stride         int
	w, h           int // Of the chroma planes.
	scaleX, scaleY int // Luma pixels a chroma pixel, across and down.
	fancyX, fancyY bool
	padded         [2][]uint8 // Rows of chroma, continued by their last number.
	sums           []quad     // Four numbers each, for triangleRow.
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
	quads := (u.w+3)/4 + 1
	u.sums = make([]quad, quads)
	u.padded = [2][]uint8{make([]uint8, 4*quads), make([]uint8, 4*quads)}
	return u
}

// rowBytes returns how long row wants its destination.
func (u *upsampler) rowBytes() int { return u.scaleX * 4 * len(u.sums) }

// row fills dst, of rowBytes bytes, with row y of the upsampled plane.
func (u *upsampler) row(dst, plane []uint8, y int) {
	near := u.chroma(0, plane, y/u.scaleY)
	switch {
	case u.fancyX && u.fancyY:
		far := u.chroma(1, plane, u.neighbour(y))
		for i := range u.sums {
			u.sums[i] = 3*spread(near[4*i:]) + spread(far[4*i:])
		}
		triangleRow(dst, u.sums, 4, 8, 7)
	case u.fancyX:
		for i := range u.sums {
			u.sums[i] = spread(near[4*i:])
		}
		triangleRow(dst, u.sums, 2, 1, 2)
	case u.fancyY:
		far := u.chroma(1, plane, u.neighbour(y))
		bias := int32(1 + y%2)
		for i, v := range near {
			dst[i] = uint8((3*int32(v) + int32(far[i]) + bias) >> 2)
		}
	case u.scaleX == 1:
		copy(dst, near)
	default:
		for i, v := range near {
			for j := range u.scaleX {
				dst[i*u.scaleX+j] = v
			}
		}
	}
}

// chroma returns row y of a plane, continued by its last number. It is valid
// until the next call with the same buffer.
func (u *upsampler) chroma(buffer int, plane []uint8, y int) []uint8 {
	row := u.padded[buffer]
	n := copy(row, plane[y*u.stride:][:u.w])
	for i := range row[n:] {
		row[n+i] = row[n-1]
	}
	return row
}

// neighbour returns the second nearest row of chroma to row y of luma.
func (u *upsampler) neighbour(y int) int {
	if y%2 == 0 {
		return max(0, y/2-1)
	}
	return min(u.h-1, y/2+1)
}

// quad holds four numbers below 1<<16, the first in the lowest bits.
type quad uint64

const ones quad = 0x0001_0001_0001_0001

// spread returns four bytes as a quad.
func spread(b []uint8) quad {
	v := quad(binary.LittleEndian.Uint32(b))
	v = (v | v<<16) & 0x0000ffff_0000ffff
	return (v | v<<8) & 0x00ff00ff_00ff00ff
}

// triangleRow doubles the numbers of sums across: 3/4 of the nearer and 1/4 of
// the farther, shifted down by bits after adding evenBias and oddBias in turns.
// The outer ones have one neighbour. The last of the n numbers has copies behind
// it to the end of its quad and one quad more. dst takes 8 bytes a quad.
func triangleRow(dst []uint8, sums []quad, bits int, evenBias, oddBias quad) {
	dst = dst[:8*len(sums)-8]
	before := sums[0] & 0xffff // The number to the left of the quad.
	for i, here := range sums[:len(sums)-1] {
		left := here<<16 | before
		right := here>>16 | sums[i+1]<<48
		even := (3*here + left + evenBias*ones) >> (bits & 7) & (0xff * ones)
		odd := (3*here + right + oddBias*ones) >> (bits & 7) & (0xff * ones)
		binary.LittleEndian.PutUint64(dst[8*i:], uint64(even|odd<<8))
		before = here >> 48
	}
}
