package augment

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
)

// A Box is a region of a picture, in pixels from its top left corner. An edge
// may lie inside a pixel.
type Box struct {
	X0, Y0, X1, Y1 float64
}

// precisionBits is the fixed point of the weights: 32 bits less 8 for the value
// and 2 for what a kernel with negative lobes adds, as in Pillow's Resample.c.
const precisionBits = 32 - 8 - 2

// Resample returns box of src resampled to w×h, as Pillow's
// Image.resize((w, h), interp, box) does, bit by bit: horizontally, rounded to 8
// bits, then vertically. Pixels around the box take part where the kernel
// reaches them. The result is opaque. Resample panics if box is empty or not
// inside src.
func Resample(src *image.NRGBA, box Box, w, h int, interp Interpolation) *image.NRGBA {
	srcW, srcH := src.Rect.Dx(), src.Rect.Dy()
	if !(0 <= box.X0 && box.X0 < box.X1 && box.X1 <= float64(srcW) && 0 <= box.Y0 && box.Y0 < box.Y1 && box.Y1 <= float64(srcH)) {
		panic(fmt.Sprintf("augment: box %v of a %d×%d picture", box, srcW, srcH))
	}
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	if w == 0 || h == 0 {
		return dst
	}
	columns := makeTaps(box.X0, box.X1, srcW, w, interp)
	rows := makeTaps(box.Y0, box.Y1, srcH, h, interp)

	left, right := columns.span()
	line := make([]lanes, right-left)
	ring := make([][]lanes, rows.width) // Row r of the horizontal pass is ring[r%len(ring)].
	for i := range ring {
		ring[i] = make([]lanes, w)
	}
	sums := make([]lanes, w)
	next := rows.first[0]
	for y := range h {
		first, weights := rows.at(y)
		next = max(next, first)
		for ; next < first+len(weights); next++ {
			unpack(line, src.Pix[next*src.Stride+4*left:])
			resampleRow(ring[next%len(ring)], line, columns, left)
		}
		mixRows(dst.Pix[y*dst.Stride:], sums, ring, first, weights)
	}
	return dst
}

// taps are the source pixels and weights of every pixel of one output axis.
type taps struct {
	first   []int   // First source pixel of each output pixel.
	count   []int   // How many it has, at most width.
	weights []int32 // [len(first), width], fixed point; they sum to about 1<<precisionBits.
	width   int
}

// at returns the first source pixel of output pixel i, and its weights.
func (t *taps) at(i int) (int, []int32) {
	return t.first[i], t.weights[i*t.width:][:t.count[i]]
}

// span returns the range of source pixels that are used.
func (t *taps) span() (from, to int) {
	last := len(t.first) - 1
	return t.first[0], t.first[last] + t.count[last]
}

// makeTaps is precompute_coeffs and normalize_coeffs_8bpc of Pillow's
// Resample.c, for the box from lo to hi of an axis of srcN pixels. Pillow keeps
// the box in float32.
func makeTaps(lo, hi float64, srcN, dstN int, interp Interpolation) *taps {
	in0, in1 := float32(lo), float32(hi)
	kernel, support := interp.filter()
	scale := float64(in1-in0) / float64(dstN)
	filterScale := max(scale, 1)
	support *= filterScale
	width := int(math.Ceil(support))*2 + 1

	t := &taps{make([]int, dstN), make([]int, dstN), make([]int32, dstN*width), width}
	exact := make([]float64, width)
	for i := range dstN {
		center := float64(in0) + (float64(i)+0.5)*scale
		first := max(0, int(center-support+0.5))
		count := min(srcN, int(center+support+0.5)) - first
		total := 0.0
		for j := range count {
			exact[j] = kernel((float64(j+first) - center + 0.5) * (1 / filterScale))
			total += exact[j]
		}
		weights := t.weights[i*width:][:count]
		for j := range weights {
			weights[j] = int32(math.Round(exact[j] / total * (1 << precisionBits)))
		}
		t.first[i], t.count[i] = first, count
	}
	return t
}

// lanes are the red, green and blue of a pixel, two of them in one integer, so
// that one multiplication serves both: rg = red + green<<32. Weighted sums of
// each stay inside int32 (see precisionBits), so they part again exactly.
type lanes struct {
	rg, b int64
}

const half = 1 << (precisionBits - 1)

var halves = lanes{half | half<<32, half}

// unpack fills line from the NRGBA pixels at the start of pix.
func unpack(line []lanes, pix []uint8) {
	pix = pix[:4*len(line)]
	for i := range line {
		p := uint64(binary.LittleEndian.Uint32(pix[4*i:]))
		line[i] = lanes{int64(p&0xff | p<<24&(0xff<<32)), int64(p >> 16 & 0xff)}
	}
}

// round returns the channels of a weighted sum that includes halves.
func (s lanes) round() (r, g, b int32) {
	low := int32(s.rg)
	high := int32((s.rg - int64(low)) >> 32)
	return clamp(low >> precisionBits), clamp(high >> precisionBits), clamp(int32(s.b) >> precisionBits)
}

func clamp(v int32) int32 {
	return max(0, min(v, 255))
}

// resampleRow does the horizontal pass of a row; line[0] is source column left.
func resampleRow(dst, line []lanes, columns *taps, left int) {
	for x := range dst {
		first, weights := columns.at(x)
		pixels := line[first-left:][:len(weights)]
		sum := halves
		for i, weight := range weights {
			sum.rg += int64(weight) * pixels[i].rg
			sum.b += int64(weight) * pixels[i].b
		}
		r, g, b := sum.round()
		dst[x] = lanes{int64(r) | int64(g)<<32, int64(b)}
	}
}

// mixRows does the vertical pass of one output row into pix, from the rows of
// ring that start with number first. sums is scratch.
func mixRows(pix []uint8, sums []lanes, ring [][]lanes, first int, weights []int32) {
	for x := range sums {
		sums[x] = halves
	}
	for i, weight := range weights {
		row, weight := ring[(first+i)%len(ring)][:len(sums)], int64(weight)
		for x := range sums {
			sums[x].rg += weight * row[x].rg
			sums[x].b += weight * row[x].b
		}
	}
	pix = pix[:4*len(sums)]
	for x := range sums {
		r, g, b := sums[x].round()
		binary.LittleEndian.PutUint32(pix[4*x:], uint32(r)|uint32(g)<<8|uint32(b)<<16|0xff<<24)
	}
}
