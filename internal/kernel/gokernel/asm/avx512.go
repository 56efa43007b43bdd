package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/reg"
)

// avx512 generates the loops for AVX-512: 32 registers of 16 floats, and masks
// for vectors cut short.
//
// A tile has as many rows as there are registers for their addresses, beside
// that of B and the place in a row: 12, so that 24 registers hold its sums.
func avx512() {
	isa = instructionSet{
		suffix: "AVX512", vector: func() VecVirtual { return ZMM() }, bytes: 64,
		prefetch: PREFETCHT1,
		ahead:    2048,
		tileRows: 12, unrollK: 8, memory: true, stencilWidths: []int{1}, masked: true,
	}
	tile("tile32", 2, false)
	tile("tile16", 1, false)
	tile("tile32Masked", 2, true)
	tile("tile16Masked", 1, true)
	for rows := 1; rows <= isa.tileRows; rows++ {
		outer(fmt.Sprintf("outer%dx32", rows), rows, 2)
		outer(fmt.Sprintf("outer%dx16", rows), rows, 1)
	}
	copyPlanes("copyPlanes", 64, false)
	copyPlanes("copyPanels", 128, false)
	copyPlanes("scalePanels", 128, true)
	stencil()
	for _, pixels := range []int{7, 14} {
		stencilTaps(2, 1, pixels)
		for _, stride := range []int{1, 2} {
			stencilTaps(3, stride, pixels)
			stencilTaps(5, stride, pixels)
		}
	}
	for _, stride := range []int{1, 2} {
		for rows := 1; rows <= 3; rows++ {
			stencilGrad(rows, 3, stride)
			stencilGrad(rows, 5, stride)
		}
	}
	gradSumsLoops("32", 2, false)
	gradSumsLoops("Stream16", 1, true)
	gradSumsLoops("Stream32", 2, true)
	maxPool()
	sumSquares()
	for _, l := range rowsLoops {
		l.emit()
	}
	masks := newConstants()
	for _, f := range functions {
		f.emit(masks)
	}
	rowFunctions(masks)
}
