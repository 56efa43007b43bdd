package augment

import "golang.org/x/sys/cpu"

var hasAVX2 = cpu.X86.HasAVX2

func resampleAcross(dst, line []uint8, columns *taps) {
	if !hasAVX2 {
		resampleAcrossPlain(dst, line, columns)
		return
	}
	acrossAVX2(&dst[0], &line[0], &columns.first[0], &columns.weights[0], columns.width/2, len(columns.first))
}

func mixRows(dst, rows []uint8, weights []int32) {
	if !hasAVX2 {
		mixRowsPlain(dst, rows, weights)
		return
	}
	_ = rows[len(weights)*len(dst)-1]
	mixAVX2(&dst[0], &rows[0], len(dst), &weights[0], len(weights), len(dst)/blockBytes)
}

// acrossAVX2 is resampleAcrossPlain for n output pixels of 2·pairs weights each.
//
//go:noescape
func acrossAVX2(dst, line *uint8, first, weights *int32, pairs, n int)

// mixAVX2 is mixRowsPlain for blocks of blockBytes; rows are stride bytes apart.
//
//go:noescape
func mixAVX2(dst, rows *uint8, stride int, weights *int32, count, blocks int)

func convertRow(pix, luma, cb, cr []uint8) {
	done := 0
	if hasAVX2 {
		done = len(luma) &^ 7
	}
	if done > 0 {
		pix, cb, cr := pix[:4*len(luma)], cb[:len(luma)], cr[:len(luma)]
		convertAVX2(&pix[0], &luma[0], &cb[0], &cr[0], done/8)
	}
	convertRowPlain(pix[4*done:], luma[done:], cb[done:], cr[done:])
}

// convertAVX2 is convertRowPlain for blocks of 8 pixels.
//
//go:noescape
func convertAVX2(pix, luma, cb, cr *uint8, blocks int)
