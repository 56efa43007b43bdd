package main

import (
	"fmt"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// tile emits tilePlain for two vectors a row, or for one, the first columns of
// a panel. Masked, it computes the first t.columns columns of one panel.
//
// All of C is read before any of it is written, because rows may repeat.
func tile(name string, vectorsPerRow int, masked bool) {
	TEXT(name+isa.suffix, NOSPLIT, "func(t *tile)")
	t := Dereference(Param("t"))
	f := tileFinish{acc: vectors(isa.tileRows * vectorsPerRow), vectors: vectorsPerRow}
	if masked {
		f.mask = firstLanes(integer(t.Field("columns")))
	}
	b := base(t.Field("b"))
	zeroColumn := GP64()
	XORQ(zeroColumn, zeroColumn)
	f.column = keep(zeroColumn)
	var a []GPVirtual
	if !isa.memory {
		a = tileAddresses()
	}

	Label("panel")
	f.prefetch()
	if isa.memory {
		a = tileAddresses()
	}
	zero(f.acc)
	tileSum(a, b, f.acc, vectorsPerRow)
	f.emit()
	if vectorsPerRow == 2 && !masked {
		ADDQ(U32(vectorsPerRow*isa.bytes), f.column)
		panels := integer(Dereference(Param("t")).Field("panels"))
		IMUL3Q(U32(vectorsPerRow*isa.bytes), panels, panels)
		CMPQ(panels, f.column)
		JGT(LabelRef("panel"))
	}
	VZEROUPPER()
	RET()
}

// tileAddresses loads where the rows of A begin.
func tileAddresses() []GPVirtual {
	t := Dereference(Param("t"))
	first, rows := base(t.Field("a")), base(t.Field("rows"))
	a := make([]GPVirtual, isa.tileRows)
	for r := range a {
		a[r] = GP64()
		MOVQ(Mem{Base: rows, Disp: 8 * r}, a[r])
		LEAQ(Mem{Base: first, Index: a[r], Scale: 4}, a[r])
	}
	return a
}

// tileSum adds the products of all segments to acc, and moves b past them.
func tileSum(a []GPVirtual, b Register, acc []VecVirtual, vectorsPerRow int) {
	panelStride := 2 * isa.bytes // Bytes of a row of a panel.
	field := func(name string) Register { return integer(Dereference(Param("t")).Field(name)) }
	segments, ahead := keep(field("segments")), keep(field("ahead"))
	at := GP64() // Elements into a row of A.
	XORQ(at, at)
	row, broadcast := vectors(vectorsPerRow), vectors(2)
	step := func(k int) {
		for v := range row {
			VMOVUPS(Mem{Base: b, Disp: k*panelStride + isa.bytes*v}, row[v])
		}
		for r := range a {
			x := broadcast[r%2]
			VBROADCASTSS(Mem{Base: a[r], Index: at, Scale: 4, Disp: 4 * k}, x)
			for v := range row {
				VFMADD231PS(row[v], x, acc[r*vectorsPerRow+v])
			}
		}
	}
	loop("segment", segments, func() {
		rounds := field("k")
		SHRQ(Imm(uint64(bits.TrailingZeros(uint(isa.unrollK)))), rounds)
		loop("unrolled", keep(rounds), func() {
			next := GP64()
			MOVQ(ahead, next)
			ADDQ(at, next)
			for _, p := range a {
				PREFETCHT0(Mem{Base: p, Index: next, Scale: 4})
			}
			for i := range isa.unrollK {
				step(i)
			}
			ADDQ(Imm(uint64(isa.unrollK)), at)
			ADDQ(U32(isa.unrollK*panelStride), b)
		})
		rest := field("k")
		ANDQ(Imm(uint64(isa.unrollK-1)), rest)
		loop("single", rest, func() {
			step(0)
			INCQ(at)
			ADDQ(U32(panelStride), b)
		})
		next := field("step")
		ADDQ(next, at)
	})
}

// tileFinish completes the sums of a tile and stores them at a column of C.
type tileFinish struct {
	acc     []VecVirtual
	vectors int         // Of a row.
	column  Op          // Bytes into a row of C.
	mask    [2]Register // Of the vectors of a row, or nil.
}

func (f tileFinish) emit() {
	f.when("accumulate", func() { f.addRows("c") })
	f.whenThere("bias", f.addBias)
	f.whenThere("residual", func() { f.addRows("residual") })
	f.when("clip", func() {
		t := Dereference(Param("t"))
		lo, hi := isa.vector(), isa.vector()
		VBROADCASTSS(address32(t, "lo"), lo)
		VBROADCASTSS(address32(t, "hi"), hi)
		for _, y := range f.acc {
			bound(y, lo, hi)
		}
	})
	if f.mask[0] != nil {
		f.store(func(y VecVirtual, m Mem, mask Register) { VMOVUPS(y, mask, m) })
		return
	}
	stream := Load(Dereference(Param("t")).Field("stream"), GP8())
	TESTB(stream, stream)
	JNZ(LabelRef("stream"))
	f.store(func(y VecVirtual, m Mem, _ Register) { VMOVUPS(y, m) })
	JMP(LabelRef("stored"))
	Label("stream")
	f.store(func(y VecVirtual, m Mem, _ Register) { VMOVNTPS(y, m) })
	Label("stored")
}

// prefetch fetches the lines of C that the tile will write, if they may be in no cache:
// a store to a line that is in none waits for its old content.
func (f tileFinish) prefetch() {
	f.when("fetch", func() {
		f.each("c", func(_ VecVirtual, m Mem, _ Register) {
			if m.Disp%cacheLine == 0 {
				PREFETCHT0(m)
			}
		})
	})
}

// when emits body for a field that is true.
func (f tileFinish) when(field string, body func()) {
	on := Load(Dereference(Param("t")).Field(field), GP8())
	TESTB(on, on)
	JZ(LabelRef(field + "Done"))
	body()
	Label(field + "Done")
}

// whenThere emits body for a slice that is not nil.
func (f tileFinish) whenThere(field string, body func()) {
	p := base(Dereference(Param("t")).Field(field))
	TESTQ(p, p)
	JZ(LabelRef(field + "Done"))
	body()
	Label(field + "Done")
}

// each emits body for the vectors of a matrix that lies as C.
func (f tileFinish) each(field string, body func(y VecVirtual, m Mem, mask Register)) {
	t := Dereference(Param("t"))
	p, outs := base(t.Field(field)), base(t.Field("outs"))
	ADDQ(f.column, p)
	for r := range isa.tileRows {
		out := GP64()
		MOVQ(Mem{Base: outs, Disp: 8 * r}, out)
		for v := range f.vectors {
			body(f.acc[r*f.vectors+v], Mem{Base: p, Index: out, Scale: 4, Disp: isa.bytes * v}, f.mask[v])
		}
	}
}

func (f tileFinish) store(move func(y VecVirtual, m Mem, mask Register)) { f.each("c", move) }

func (f tileFinish) addRows(field string) {
	f.each(field, func(y VecVirtual, m Mem, mask Register) {
		if mask == nil {
			VADDPS(m, y, y)
		} else {
			VADDPS(m, y, mask, y)
		}
	})
}

// addBias adds the bias, which is there in whole panels.
func (f tileFinish) addBias() {
	bias := base(Dereference(Param("t")).Field("bias"))
	ADDQ(f.column, bias)
	for v := range f.vectors {
		row := isa.vector()
		VMOVUPS(Mem{Base: bias, Disp: isa.bytes * v}, row)
		for r := range isa.tileRows {
			y := f.acc[r*f.vectors+v]
			VADDPS(row, y, y)
		}
	}
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
