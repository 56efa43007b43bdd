//go:build !amd64

package augment

func resampleAcross(dst, line []uint8, columns *taps) { resampleAcrossPlain(dst, line, columns) }

func mixRows(dst, rows []uint8, weights []int32) { mixRowsPlain(dst, rows, weights) }

func convertRow(pix, luma, cb, cr []uint8) { convertRowPlain(pix, luma, cb, cr) }
