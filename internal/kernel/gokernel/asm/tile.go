package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const (
	tileRows    = 6
	panelStride = 64 // Bytes of a row of a panel.
	unrollK     = 4
)

// tile emits tile16Plain for two vectors a row, tile8Plain for one.
//
// All of C is read before any of it is written, because rows may repeat.
func tile(name string, vectorsPerRow int) {
	TEXT(name, NOSPLIT, "func(t *tile)")
	t := Dereference(Param("t"))
	var a [tileRows]GPVirtual
	{
		first, rows := base(t.Field("a")), base(t.Field("rows"))
		for r := range a {
			a[r] = GP64()
			MOVQ(Mem{Base: rows, Disp: 8 * r}, a[r])
			LEAQ(Mem{Base: first, Index: a[r], Scale: 4}, a[r])
		}
	}
	b := base(t.Field("b"))
	column := GP64() // Bytes into a row of C.
	XORQ(column, column)
	acc := vectors(tileRows * vectorsPerRow)

	Label("panel")
	zero(acc)
	tileSum(t, a, b, acc, vectorsPerRow)
	tileFinish(t, column, acc, vectorsPerRow)
	if vectorsPerRow == 2 {
		ADDQ(Imm(panelStride), column)
		panels := integer(t.Field("panels"))
		SHLQ(Imm(6), panels)
		CMPQ(column, panels)
		JLT(LabelRef("panel"))
	}
	VZEROUPPER()
	RET()
}

// tileSum adds the products of all segments to acc, and moves b past them.
func tileSum(t gotypes.Component, a [tileRows]GPVirtual, b Register, acc []VecVirtual, vectorsPerRow int) {
	at := GP64() // Elements into a row of A.
	XORQ(at, at)
	segments := integer(t.Field("segments"))
	row, broadcast := vectors(vectorsPerRow), vectors(2)
	step := func(k int) {
		for v := range row {
			VMOVUPS(Mem{Base: b, Disp: k*panelStride + 32*v}, row[v])
		}
		for r := range a {
			x := broadcast[r%2]
			VBROADCASTSS(Mem{Base: a[r], Index: at, Scale: 4, Disp: 4 * k}, x)
			for v := range row {
				VFMADD231PS(row[v], x, acc[r*vectorsPerRow+v])
			}
		}
	}
	ahead := integer(t.Field("ahead"))
	loop("segment", segments, func() {
		k := integer(t.Field("k"))
		SHRQ(Imm(2), k)
		loop("unrolled", k, func() {
			for _, p := range a {
				PREFETCHT0(Mem{Base: p, Index: ahead, Scale: 4})
			}
			for i := range unrollK {
				step(i)
			}
			ADDQ(Imm(unrollK), at)
			ADDQ(Imm(unrollK), ahead)
			ADDQ(U32(unrollK*panelStride), b)
		})
		rest := integer(t.Field("k"))
		ANDQ(Imm(unrollK-1), rest)
		loop("single", rest, func() {
			step(0)
			INCQ(at)
			ADDQ(Imm(panelStride), b)
		})
		next := integer(t.Field("step"))
		ADDQ(next, at)
	})
}

// tileFinish completes acc and stores it at the column of C.
func tileFinish(t gotypes.Component, column Register, acc []VecVirtual, vectorsPerRow int) {
	address := func(field string, r int) Mem {
		p, outs := base(t.Field(field)), base(t.Field("outs"))
		out := GP64()
		MOVQ(Mem{Base: outs, Disp: 8 * r}, out)
		LEAQ(Mem{Base: p, Index: out, Scale: 4}, p)
		return Mem{Base: p, Index: column, Scale: 1}
	}
	addRows := func(field string) {
		for r := range tileRows {
			m := address(field, r)
			for v := range vectorsPerRow {
				y := acc[r*vectorsPerRow+v]
				VADDPS(m.Offset(32*v), y, y)
			}
		}
	}

	accumulate := Load(t.Field("accumulate"), GP8())
	TESTB(accumulate, accumulate)
	JZ(LabelRef("accumulated"))
	addRows("c")
	Label("accumulated")

	bias := base(t.Field("bias"))
	TESTQ(bias, bias)
	JZ(LabelRef("biased"))
	for v := range vectorsPerRow {
		row := YMM()
		VMOVUPS(Mem{Base: bias, Index: column, Scale: 1, Disp: 32 * v}, row)
		for r := range tileRows {
			y := acc[r*vectorsPerRow+v]
			VADDPS(row, y, y)
		}
	}
	Label("biased")

	residual := base(t.Field("residual"))
	TESTQ(residual, residual)
	JZ(LabelRef("residualAdded"))
	addRows("residual")
	Label("residualAdded")

	clip := Load(t.Field("clip"), GP8())
	TESTB(clip, clip)
	JZ(LabelRef("clipped"))
	lo, hi := YMM(), YMM()
	VBROADCASTSS(address32(t, "lo"), lo)
	VBROADCASTSS(address32(t, "hi"), hi)
	for _, y := range acc {
		bound(y, lo, hi)
	}
	Label("clipped")

	stream := Load(t.Field("stream"), GP8())
	TESTB(stream, stream)
	JNZ(LabelRef("stream"))
	store := func(move func(...Op)) {
		for r := range tileRows {
			m := address("c", r)
			for v := range vectorsPerRow {
				move(acc[r*vectorsPerRow+v], m.Offset(32*v))
			}
		}
	}
	store(func(o ...Op) { VMOVUPS(o[0], o[1]) })
	JMP(LabelRef("stored"))
	Label("stream")
	store(func(o ...Op) { VMOVNTPS(o[0], o[1]) })
	Label("stored")
}

// bound sets y to min(max(y, lo), hi). The instructions return their second
// source if one is NaN, which is y.
func bound(y, lo, hi VecVirtual) {
	VMAXPS(y, lo, y)
	VMINPS(y, hi, y)
}

// address32 returns the place of a float32 field.
func address32(s gotypes.Component, field string) Mem {
	b, err := s.Field(field).Resolve()
	if err != nil {
		panic(fmt.Sprintf("field %s: %v", field, err))
	}
	return b.Addr
}

// fence emits the barrier that streamed stores need before another processor
// reads them.
func fence() {
	TEXT("storeFence", NOSPLIT, "func()")
	SFENCE()
	RET()
}
