package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// transposeBlocks emits transposePlain for whole blocks of 8×8.
func transposeBlocks() {
	TEXT("transposeBlocks", NOSPLIT, "func(dst, src *float32, rowBlocks, colBlocks, dstStep, srcStep int)")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	rows := Load(Param("rowBlocks"), GP64())
	dstStep, srcStep := Load(Param("dstStep"), GP64()), Load(Param("srcStep"), GP64())
	SHLQ(Imm(2), dstStep)
	SHLQ(Imm(2), srcStep)
	Label("rows")
	cols := Load(Param("colBlocks"), GP64())
	from, to := GP64(), GP64()
	MOVQ(src, from)
	MOVQ(dst, to)
	Label("cols")
	p, q := GP64(), GP64()
	MOVQ(from, p)
	var x [8]VecVirtual
	for i := range x {
		x[i] = YMM()
		VMOVUPS(Mem{Base: p}, x[i])
		ADDQ(srcStep, p)
	}
	MOVQ(to, q)
	for _, y := range transposed(x) {
		VMOVUPS(y, Mem{Base: q})
		ADDQ(dstStep, q)
	}
	ADDQ(Imm(vectorBytes), from)
	MOVQ(q, to)
	DECQ(cols)
	JNZ(LabelRef("cols"))
	LEAQ(Mem{Base: src, Index: srcStep, Scale: 8}, src)
	ADDQ(Imm(vectorBytes), dst)
	DECQ(rows)
	JNZ(LabelRef("rows"))
	VZEROUPPER()
	RET()
}

// transposed returns the columns of the matrix with rows x: by pairs, by
// fours, by halves.
func transposed(x [8]VecVirtual) (y [8]VecVirtual) {
	var pairs, fours [8]VecVirtual
	for i := 0; i < 8; i += 2 {
		pairs[i], pairs[i+1] = YMM(), YMM()
		VUNPCKLPS(x[i+1], x[i], pairs[i])
		VUNPCKHPS(x[i+1], x[i], pairs[i+1])
	}
	for i := 0; i < 8; i += 4 { // fours[i+c] is columns c and c+4 of rows i to i+3.
		for c := range 4 {
			fours[i+c] = YMM()
			const low, high = 0x44, 0xee
			half := U8(low)
			if c%2 == 1 {
				half = high
			}
			VSHUFPS(half, pairs[i+2+c/2], pairs[i+c/2], fours[i+c])
		}
	}
	for c := range 4 {
		y[c], y[c+4] = YMM(), YMM()
		const lower, upper = 0x20, 0x31
		VPERM2F128(U8(lower), fours[4+c], fours[c], y[c])
		VPERM2F128(U8(upper), fours[4+c], fours[c], y[c+4])
	}
	return y
}
