package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/reg"
)

// avx2 generates the loops for AVX2 and FMA: 16 registers of 8 floats.
func avx2() {
	isa = instructionSet{
		suffix: "AVX2", vector: func() VecVirtual { return YMM() }, bytes: 32,
		prefetch: PREFETCHT0,
		tileRows: 6, unrollK: 4, stencilWidths: []int{2, 1},
	}
	tile("tile16", 2, false)
	tile("tile8", 1, false)
	fence()
	for rows := 1; rows <= 12; rows++ { // As many as have registers.
		outer(fmt.Sprintf("outer%dx8", rows), rows, 1)
	}
	for rows := 1; rows <= 6; rows++ {
		outer(fmt.Sprintf("outer%dx16", rows), rows, 2)
	}
	copyPlanes("copyPlanes", 64, false)
	copyPlanes("scalePanels", 64, true)
	stencil()
	stencilTaps(2, 1, 7)
	for _, stride := range []int{1, 2} {
		stencilTaps(3, stride, 7)
		stencilTaps(5, stride, 7)
		stencilGrad(1, 3, stride)
		stencilGrad(2, 3, stride)
		stencilGrad(1, 5, stride)
	}
	for i, width := range []string{"8", "16"} {
		gradSumsLoops(width, 1+i, false)
	}
	gradSumsLoops("Stream16", 2, true)
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
