package kernel

// ToNHWC copies src, logical NCHW [n,c,h,w], to dst as NHWC.
func ToNHWC(dst, src []float32, n, c, h, w int) { transposeBlocks(dst, src, n, c, h*w) }

// ToNCHW copies src, NHWC of logical shape [n,c,h,w], to dst as NCHW.
func ToNCHW(dst, src []float32, n, c, h, w int) { transposeBlocks(dst, src, n, h*w, c) }

// ToHWIO copies src, a convolution weight OIHW [o,i,kh,kw], to dst as HWIO.
func ToHWIO(dst, src []float32, o, i, kh, kw int) { transposeWeights(dst, src, o, i, kh*kw, true) }

// ToOIHW copies src, HWIO of logical shape [o,i,kh,kw], to dst as OIHW.
func ToOIHW(dst, src []float32, o, i, kh, kw int) { transposeWeights(dst, src, o, i, kh*kw, false) }

// transposeBlocks transposes each of n blocks of [rows, cols].
func transposeBlocks(dst, src []float32, n, rows, cols int) {
	for b := range n {
		block := src[b*rows*cols : (b+1)*rows*cols]
		out := dst[b*rows*cols : (b+1)*rows*cols]
		for r := range rows {
			for c, v := range block[r*cols : (r+1)*cols] {
				out[c*rows+r] = v
			}
		}
	}
}

func transposeWeights(dst, src []float32, o, i, taps int, toHWIO bool) {
	for oo := range o {
		for ii := range i {
			for t := range taps {
				logical, physical := (oo*i+ii)*taps+t, (t*i+ii)*o+oo
				if toHWIO {
					dst[physical] = src[logical]
				} else {
					dst[logical] = src[physical]
				}
			}
		}
	}
}
