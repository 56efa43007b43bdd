package kerneltest

import (
	"slices"

	"finetune/internal/kernel"
)

// winograd is the tolerance of a convolution by transforms of tiles, relative
// to the largest sum of absolute terms in the result: transforms mix the pixels
// of a tile, so an error knows the size of its neighbours and not of its own
// pixel. By the points of interpolation that lose least it is two to three
// times that of a plain sum, and 6ε of the largest sum bounds what was measured, 4.1ε.
const winograd = 6 * epsilon

// tolerance3x3 returns the tolerance of a dense convolution, or of a gradient
// of one, with the given sums of absolute terms, and in which units. A backend
// may use Winograd's transforms for 3×3, stride 1, of 16 channels or more.
func tolerance3x3(g kernel.Conv, scale []float64, sum float64) ([]float64, float64) {
	if !transforms(g) || len(scale) == 0 {
		return scale, sum
	}
	largest := slices.Max(scale)
	for i := range scale {
		scale[i] = largest
	}
	return scale, sum / summed * winograd
}

func transforms(g kernel.Conv) bool {
	return g.KernelH == 3 && g.KernelW == 3 && g.StrideH == 1 && g.StrideW == 1 &&
		g.DilationH == 1 && g.DilationW == 1 && g.Groups == 1 && g.C >= 16 && g.OutC >= 16
}

// conv3x3Cases are dense convolutions of 3×3, stride 1: sizes at the edges of
// tiles of 2, 4 and 6 pixels, all paddings, channels at the edges of vectors,
// panels, blocks of sums and ranges of columns; with 16 tiles of 4×4 or more,
// for transforms do not pay for fewer.
func conv3x3Cases() []kernel.Conv {
	var all []kernel.Conv
	channels := [][2]int{{16, 16}, {17, 24}, {24, 31}, {33, 40}, {64, 16}}
	for i, size := range []int{3, 4, 5, 6, 7, 8, 9, 13, 14, 15} {
		for pad := range 3 {
			c, line := channels[(i+pad)%len(channels)], (size+3)/4
			all = append(all, square((16+line*line-1)/(line*line), size, c[0], c[1], 3, 1, pad, 1, 1))
		}
	}
	oblong := square(2, 9, 16, 16, 3, 1, 1, 1, 1)
	oblong.W, oblong.OutW, oblong.PadLeft = 22, 20, 0
	below := square(4, 8, 20, 16, 3, 1, 0, 1, 1) // padding below and to the right alone
	below.OutH, below.OutW = 8, 8
	return append(all, oblong, below,
		square(1, 1, 24, 31, 3, 1, 2, 1, 1),   // little more than padding
		square(4, 6, 130, 150, 3, 1, 1, 1, 1), // two ranges of columns, the last odd
		square(4, 6, 400, 24, 3, 1, 1, 1, 1),  // several blocks of K, forward
		square(4, 6, 24, 400, 3, 1, 1, 1, 1),  // and backward
		square(6, 17, 32, 48, 3, 1, 1, 1, 1),  // several chunks of tiles
		square(3, 40, 16, 16, 3, 1, 1, 1, 1),  // more tiles than a group has
	)
}
