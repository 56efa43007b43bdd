package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// sumSquares is a loop over rounds of 16 elements, which are widened to float64 and have a sum
// each.
func sumSquares() {
	TEXT("sumSquares"+isa.suffix, NOSPLIT, "func(x *float32, rounds int) float64")
	Pragma("noescape")
	x, rounds := Load(Param("x"), GP64()), Load(Param("rounds"), GP64())
	sums := vectors(16 * 8 / isa.bytes)
	zero(sums)
	Label("round")
	fetchAhead(Mem{Base: x}, 16*4)
	for i, sum := range sums {
		v := isa.vector()
		VCVTPS2PD(Mem{Base: x, Disp: i * isa.bytes / 2}, v)
		VFMADD231PD(v, v, sum)
	}
	ADDQ(Imm(16*4), x)
	DECQ(rounds)
	JNZ(LabelRef("round"))
	if isa.bytes == 64 { // Each is two vectors of AVX2's.
		for i, sum := range sums {
			upper := YMM()
			VEXTRACTF64X4(Imm(1), sum, upper)
			VADDPD(upper, sum.AsY(), sums[i].AsY())
		}
	} else {
		VADDPD(sums[1], sums[0], sums[0])
		VADDPD(sums[3], sums[2], sums[2])
		sums[1] = sums[2]
	}
	total, half := sums[0], XMM()
	VADDPD(sums[1].AsY(), total.AsY(), total.AsY())
	VEXTRACTF128(Imm(1), total.AsY(), half)
	VADDPD(half, total.AsX(), half)
	VHADDPD(half, half, half)
	Store(half, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
