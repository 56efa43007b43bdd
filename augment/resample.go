package augment

import (
	"encoding/binary"
	"fmt"
	"image"
)

// A Box is a region of a picture, in pixels from its top left corner. An edge
// may lie inside a pixel.
type Box struct {
	X0, Y0, X1, Y1 float64
}

// blockBytes is how much of a row is mixed at a time; rows are padded to it.
const blockBytes = 32

// Resample returns box of src resampled to w×h, as Pillow's
// Image.resize((w, h), interp, box) does, bit by bit: across, rounded to 8 bits,
// then down. Pixels around the box take part where the kernel reaches them. The
// result is opaque if src is. Resample panics if box is empty or not inside src,
// or w or h is not positive.
func Resample(src *image.NRGBA, box Box, w, h int, interp Interpolation) *image.NRGBA {
	srcW, srcH := src.Rect.Dx(), src.Rect.Dy()
	if !(0 <= box.X0 && box.X0 < box.X1 && box.X1 <= float64(srcW) && 0 <= box.Y0 && box.Y0 < box.Y1 && box.Y1 <= float64(srcH)) || w < 1 || h < 1 {
		panic(fmt.Sprintf("augment: box %v of a %d×%d picture to %d×%d", box, srcW, srcH, w, h))
	}
	columns := makeTaps(box.X0, box.X1, srcW, w, interp)
	rows := makeTaps(box.Y0, box.Y1, srcH, h, interp)

	blocks := (4*w + blockBytes - 1) / blockBytes
	stride := blocks * blockBytes
	acrossBytes, lineBytes := (rows.to-rows.from)*stride, 4*(columns.to-columns.from+columns.width)
	scratch := borrow(acrossBytes + lineBytes)
	defer giveBack(scratch)
	across, line := (*scratch)[:acrossBytes], (*scratch)[acrossBytes:]
	for y := rows.from; y < rows.to; y++ {
		copy(line, src.Pix[y*src.Stride+4*columns.from:][:4*(columns.to-columns.from)])
		resampleAcross(across[(y-rows.from)*stride:][:stride], line, columns)
	}

	// Rows are written from the top, each over the padding of the one above.
	pix := make([]uint8, 4*w*h+blockBytes)
	for y := range h {
		first, weights := rows.at(y)
		mixRows(pix[4*w*y:][:stride], across[first*stride:], weights)
	}
	return &image.NRGBA{Pix: pix[: 4*w*h : 4*w*h], Stride: 4 * w, Rect: image.Rect(0, 0, w, h)}
}

// resampleAcrossPlain resamples one row. line is what columns use of a source
// row, then columns.width pixels of padding.
func resampleAcrossPlain(dst, line []uint8, columns *taps) {
	for x := range columns.first {
		first, weights := columns.at(x)
		sum := halves
		for i, weight := range weights {
			sum.add(weight, binary.LittleEndian.Uint32(line[4*(first+i):]))
		}
		binary.LittleEndian.PutUint32(dst[4*x:], sum.pixel())
	}
}

// mixRowsPlain sets dst to the weighted sum of as many rows as there are
// weights, each as long as dst, one after the other.
func mixRowsPlain(dst, rows []uint8, weights []int32) {
	for x := 0; x < len(dst); x += 4 {
		sum := halves
		for i, weight := range weights {
			sum.add(weight, binary.LittleEndian.Uint32(rows[i*len(dst)+x:]))
		}
		binary.LittleEndian.PutUint32(dst[x:], sum.pixel())
	}
}

// lanes are weighted sums of the four channels of a pixel, two in one integer so
// that one multiplication serves both: even = red + blue<<32, odd = green +
// alpha<<32. Each sum stays inside int32 (see precisionBits), so they part again
// exactly.
type lanes struct {
	even, odd int64
}

var halves = lanes{half | half<<32, half | half<<32}

func (s *lanes) add(weight int32, pixel uint32) {
	p := uint64(pixel)
	s.even += int64(weight) * int64((p|p<<16)&0x000000ff_000000ff)
	s.odd += int64(weight) * int64((p>>8|p<<8)&0x000000ff_000000ff)
}

// pixel returns the four sums, rounded and cut to bytes.
func (s *lanes) pixel() uint32 {
	red, blue := part(s.even)
	green, alpha := part(s.odd)
	return red | green<<8 | blue<<16 | alpha<<24
}

func part(sums int64) (low, high uint32) {
	l := int32(sums)
	h := int32((sums - int64(l)) >> 32)
	return uint32(clamp(l >> precisionBits)), uint32(clamp(h >> precisionBits))
}

func clamp(v int32) int32 {
	return max(0, min(v, 255))
}
