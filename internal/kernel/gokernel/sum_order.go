package gokernel

// The last bits of a sum depend on the order of its terms. A training has the same bytes with
// AVX2 and with AVX-512, and at any number of threads, because nothing that decides this order
// asks for either: each element of a result has one sum in a register at a time, of as many
// terms, and what is summed chunk by chunk has the chunks of sumTiling, with whichever tiles
// an instruction set computes them.

// A tiling is in what pieces an instruction set computes products.
type tiling struct {
	rows, panel int // Rows of a tile, columns of a panel.
	outerSets   int // In how few sets of a cache the rows of an outer product have to lie to be copied.
	copiedBlock int // Columns that a chunk copies then, if the result has short rows.
}

// sumTiling is the tiling whose chunks decide the order of sums: that of AVX2.
var sumTiling = tiling{
	rows: 6, panel: 16,
	outerSets:   8, // Of 64 in a first-level cache of eight ways: two operands and C have no room then.
	copiedBlock: 48,
}

// longestStretch is the longest stretch of a sum between two passes over C. A panel of AVX2's
// is then 24 KiB, which stay in a first-level cache, and one of AVX-512's twice as large.
const longestStretch = 384

// padded returns n rounded up to whole panels.
func (t *tiling) padded(n int) int { return roundUp(n, t.panel) }
