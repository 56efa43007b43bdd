package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// An instructionSet is what the loops are generated for.
type instructionSet struct {
	suffix string // Of their names.
	vector func() VecVirtual
	bytes  int // Of a vector.

	prefetch func(Op) // Of what the next call of an outer product reads.
	ahead    int      // Bytes from what a loop over memory reads to what it prefetches, or zero.

	tileRows int  // Rows of a tile of a product.
	unrollK  int  // Steps of its sum at once.
	memory   bool // Its rows leave no registers for what is used once a round.

	stencilWidths []int // Vectors of channels that the general stencil does at once.
	masked        bool  // Vectors can be cut short.
}

// isa is that of the file that is being generated.
var isa instructionSet

// vectors allocates n vector registers.
func vectors(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = isa.vector()
	}
	return v
}

// zero clears vector registers.
func zero(v []VecVirtual) {
	for _, y := range v {
		if isa.bytes == 64 {
			VPXORQ(y, y, y) // VXORPS of this size is an instruction of another extension.
		} else {
			VXORPS(y, y, y)
		}
	}
}

// fetchAhead prefetches what a loop over memory reads later, of so many bytes that it reads now.
func fetchAhead(m Mem, bytes int) {
	for at := 0; at < bytes && isa.ahead > 0; at += 64 {
		PREFETCHT0(m.Offset(isa.ahead + at))
	}
}

// keep returns where x stays during a loop: itself, or memory if the loop
// needs all registers.
func keep(x Register) Op {
	if !isa.memory {
		return x
	}
	m := AllocLocal(8)
	MOVQ(x, m)
	return m
}

// firstLanes returns a mask of the lowest count lanes, and one of the lanes
// that are above the first vector's.
func firstLanes(count Register) [2]Register {
	one, bits := GP64(), GP64()
	MOVQ(U32(1), one)
	SHLXQ(count, one, bits)
	DECQ(bits)
	low, high := K(), K()
	KMOVW(bits.As32(), low)
	SHRQ(Imm(16), bits)
	KMOVW(bits.As32(), high)
	return [2]Register{low, high}
}

// loadLanes reads the lanes of a mask, with zeros beyond them, or a whole
// vector if mask is nil.
func loadLanes(m Mem, mask Register, y VecVirtual) {
	if mask == nil {
		VMOVUPS(m, y)
	} else {
		VMOVUPS_Z(m, mask, y)
	}
}
