package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// sumSquares is a loop over rounds of four vectors of float64, widened from x.
func sumSquares() {
	TEXT("sumSquares"+isa.suffix, NOSPLIT, "func(x *float32, rounds int) float64")
	Pragma("noescape")
	x, rounds := Load(Param("x"), GP64()), Load(Param("rounds"), GP64())
	sums := vectors(4)
	zero(sums)
	Label("round")
	fetchAhead(Mem{Base: x}, 2*isa.bytes)
	for i, sum := range sums {
		v := isa.vector()
		VCVTPS2PD(Mem{Base: x, Disp: i * isa.bytes / 2}, v)
		VFMADD231PD(v, v, sum)
	}
	ADDQ(Imm(uint64(2*isa.bytes)), x)
	DECQ(rounds)
	JNZ(LabelRef("round"))
	VADDPD(sums[1], sums[0], sums[0])
	VADDPD(sums[3], sums[2], sums[2])
	VADDPD(sums[2], sums[0], sums[0])
	total := sums[0]
	if isa.bytes == 64 {
		upper := YMM()
		VEXTRACTF64X4(Imm(1), total, upper)
		VADDPD(upper, total.AsY(), total.AsY())
	}
	half := XMM()
	VEXTRACTF128(Imm(1), total.AsY(), half)
	VADDPD(half, total.AsX(), half)
	VHADDPD(half, half, half)
	Store(half, ReturnIndex(0))
	VZEROUPPER()
	RET()
}
