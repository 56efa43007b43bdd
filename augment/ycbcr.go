package augment

import "image"

// convertYCbCr writes img in RGB to dst, of the same size, as libjpeg does, bit by bit: chroma upsampled
// by triangles ("fancy upsampling", jdsample.c) for 4:2:2, 4:2:0 and 4:4:0, by
// repetition otherwise, then jdcolor.c's fixed point. The standard library
// repeats chroma, which moves the colours at edges.
func convertYCbCr(dst *image.NRGBA, img *image.YCbCr) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	u := makeUpsampler(img)
	cb, cr := make([]uint8, u.rowBytes()), make([]uint8, u.rowBytes())
	for y := range h {
		u.row(cb, img.Cb, y)
		u.row(cr, img.Cr, y)
		convertRow(dst.Pix[y*dst.Stride:], img.Y[y*img.YStride:][:w], cb, cr)
	}
}

// convertRowPlain writes a row of NRGBA pixels.
func convertRowPlain(pix, luma, cb, cr []uint8) {
	pix, cb, cr = pix[:4*len(luma)], cb[:len(luma)], cr[:len(luma)]
	for x, l := range luma {
		l, b, r := int32(l), cb[x], cr[x]
		p := pix[4*x : 4*x+4 : 4*x+4]
		p[0] = cut[uint32(l+redOfCr[r])%uint32(len(cut))]
		p[1] = cut[uint32(l+(greenOfCb[b]+greenOfCr[r])>>16)%uint32(len(cut))]
		p[2] = cut[uint32(l+blueOfCb[b])%uint32(len(cut))]
		p[3] = 255
	}
}

// cut is clamp as a table of the numbers from -512 to 511, modulo 1024.
var cut = cutTable()

func cutTable() (table [1024]uint8) {
	for i := range int32(len(table)) {
		table[i] = uint8(clamp((i+512)%1024 - 512))
	}
	return table
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
