package augment

import "math"

// precisionBits is the fixed point of the weights: 32 bits less 8 for the value
// and 2 for what a kernel with negative lobes adds, as in Pillow's Resample.c.
const precisionBits = 32 - 8 - 2

// half rounds a weighted sum to the nearest.
const half = 1 << (precisionBits - 1)

// taps are the source pixels and weights of every pixel of one output axis.
type taps struct {
	from, to int     // The range of source pixels that are used.
	first    []int32 // First source pixel of each output pixel, counted from from.
	count    []int32 // How many it has, at most width.
	weights  []int32 // [len(first), width], fixed point, 0 from count on; they sum to about 1<<precisionBits.
	width    int     // Even, so that two can be taken at a time.
}

// at returns the first source pixel of output pixel i, and its weights.
func (t *taps) at(i int) (int, []int32) {
	return int(t.first[i]), t.weights[i*t.width:][:t.count[i]]
}

// makeTaps is precompute_coeffs and normalize_coeffs_8bpc of Pillow's
// Resample.c, for the box from lo to hi of an axis of srcN pixels; outer weights
// that round to 0 are left out. Pillow keeps the box in float32.
func makeTaps(lo, hi float64, srcN, dstN int, interp Interpolation) *taps {
	in0, in1 := float32(lo), float32(hi)
	kernel, support := interp.filter()
	scale := float64(in1-in0) / float64(dstN)
	filterScale := max(scale, 1)
	support *= filterScale
	width := int(math.Ceil(support))*2 + 2

	t := &taps{from: srcN, first: make([]int32, dstN), count: make([]int32, dstN), weights: make([]int32, dstN*width), width: width}
	exact := make([]float64, width)
	for i := range dstN {
		center := float64(in0) + (float64(i)+0.5)*scale
		first := max(0, int(center-support+0.5))
		end := min(srcN, int(center+support+0.5))
		total := 0.0
		for j := first; j < end; j++ {
			exact[j-first] = kernel((float64(j) - center + 0.5) * (1 / filterScale))
			total += exact[j-first]
		}
		fixed := func(j int) int32 { return int32(math.Round(exact[j] / total * (1 << precisionBits))) }
		skip := 0
		for first+skip < end-1 && fixed(skip) == 0 {
			skip++
		}
		for end-1 > first+skip && fixed(end-1-first) == 0 {
			end--
		}
		for j := skip; j < end-first; j++ {
			t.weights[i*width+j-skip] = fixed(j)
		}
		t.first[i], t.count[i] = int32(first+skip), int32(end-first-skip)
		t.from, t.to = min(t.from, first+skip), max(t.to, end)
	}
	for i := range t.first {
		t.first[i] -= int32(t.from)
	}
	return t
}
