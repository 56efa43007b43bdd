package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// outer emits outerPlain for some rows and one or two vectors a row. Where
// vectors can be cut short, it computes the first o.columns columns.
func outer(name string, rows, vectorsPerRow int) {
	TEXT(name+isa.suffix, NOSPLIT, "func(o *outer)")
	o := Dereference(Param("o"))
	lanes := [2]Register{}
	if isa.masked {
		lanes = firstLanes(integer(o.Field("columns")))
	}
	a, b := base(o.Field("a")), base(o.Field("b"))
	stepA, stepB, gapA := integer(o.Field("stepA")), integer(o.Field("stepB")), integer(o.Field("gapA"))
	aheadA, aheadB := integer(o.Field("aheadA")), integer(o.Field("aheadB"))
	SHLQ(Imm(2), stepA)
	SHLQ(Imm(2), stepB)
	SHLQ(Imm(2), gapA)
	acc := vectors(rows * vectorsPerRow)
	zero(acc)
	row, broadcast := vectors(vectorsPerRow), vectors(2)

	segments := integer(o.Field("segments"))
	loop("segment", segments, func() {
		k := integer(o.Field("k"))
		loop("row", k, func() {
			isa.prefetch(Mem{Base: a, Index: aheadA, Scale: 4})
			for line := 0; line < vectorsPerRow*isa.bytes; line += 64 {
				isa.prefetch(Mem{Base: b, Index: aheadB, Scale: 4, Disp: line})
			}
			for v := range row {
				loadLanes(Mem{Base: b, Disp: isa.bytes * v}, lanes[v], row[v])
			}
			for r := range rows {
				x := broadcast[r%2]
				VBROADCASTSS(Mem{Base: a, Disp: 4 * r}, x)
				for v := range row {
					VFMADD231PS(row[v], x, acc[r*vectorsPerRow+v])
				}
			}
			ADDQ(stepA, a)
			ADDQ(stepB, b)
		})
		ADDQ(gapA, a)
	})

	c, ldc := base(o.Field("c")), integer(o.Field("ldc"))
	fresh := Load(o.Field("fresh"), GP8())
	TESTB(fresh, fresh)
	JNZ(LabelRef("fresh"))
	storeOuter(acc, vectorsPerRow, c, ldc, lanes, true)
	Label("fresh")
	storeOuter(acc, vectorsPerRow, c, ldc, lanes, false)
}

// storeOuter emits the end of outer: it adds the sums to C, or puts them there.
func storeOuter(acc []VecVirtual, vectorsPerRow int, c, ldc Register, lanes [2]Register, add bool) {
	row := c
	if add { // c is needed at the other end.
		row = GP64()
		MOVQ(c, row)
	}
	for i, y := range acc {
		v := i % vectorsPerRow
		m := Mem{Base: row, Disp: isa.bytes * v}
		switch {
		case isa.masked && add:
			VADDPS(m, y, lanes[v], y)
			VMOVUPS(y, lanes[v], m)
		case isa.masked:
			VMOVUPS(y, lanes[v], m)
		case add:
			VADDPS(m, y, y)
			VMOVUPS(y, m)
		default:
			VMOVUPS(y, m)
		}
		if v == vectorsPerRow-1 {
			LEAQ(Mem{Base: row, Index: ldc, Scale: 4}, row)
		}
	}
	VZEROUPPER()
	RET()
}
