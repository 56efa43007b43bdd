package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A poolWindow is a vector of channels of a pixel and of a window of pixels.
type poolWindow struct {
	name             string
	channel          Register // Bytes into the channels.
	index            Register // Of the vector's first channel in the window's first pixel.
	rowStep, colStep Register // Bytes.
	numbers          Mem      // 0, 1, 2, … for each lane.
	lanes            Register // Mask of a vector that is cut short, or nil.
	short            bool     // Vectors may be cut short.
}

// maxPool emits maxWindowPlain and maxWindowGradPlain, for whole vectors of
// channels alone unless they can be cut short, and maxWindowGradPlain that stores
// past the caches.
func maxPool() {
	numbers := GLOBL("numbers", RODATA|NOPTR)
	for i := range isa.bytes / 4 {
		DATA(4*i, U32(i))
	}
	const forward, gradient = "y []float32, argmax []int32, x []float32", "dx, dy []float32, argmax []int32"
	vectors := ""
	if !isa.masked {
		vectors = "Vectors"
	}
	for _, f := range []struct {
		name, operands, pixel string
		short                 bool
		body                  func(w *poolWindow)
	}{
		{"maxWindow" + vectors, forward, "y", isa.masked, (*poolWindow).maximum},
		{"maxWindowGrad" + vectors, gradient, "dx", isa.masked, func(w *poolWindow) { w.store(w.gradient(), "dx") }},
		{"maxWindowGradStream", gradient, "dx", false, func(w *poolWindow) { VMOVNTPS(w.gradient(), Mem{Base: w.address("dx")}) }},
	} {
		TEXT(f.name+isa.suffix, NOSPLIT, "func("+f.operands+", rows, cols, rowStep, colStep, index int)")
		Pragma("noescape")
		w := &poolWindow{
			name: "whole", short: f.short, numbers: numbers, channel: GP64(), index: Load(Param("index"), GP64()),
			rowStep: Load(Param("rowStep"), GP64()), colStep: Load(Param("colStep"), GP64()),
		}
		SHLQ(Imm(2), w.rowStep)
		SHLQ(Imm(2), w.colStep)
		w.eachVector(Load(Param(f.pixel).Len(), GP64()), f.body)
		VZEROUPPER()
		RET()
	}
}

// eachVector emits body for the vectors of some channels.
func (w *poolWindow) eachVector(channels Register, body func(w *poolWindow)) {
	floats := uint64(isa.bytes / 4)
	XORQ(w.channel, w.channel)
	SUBQ(Imm(floats), channels)
	JLT(LabelRef("rest"))
	Label("vector")
	body(w)
	ADDQ(Imm(uint64(isa.bytes)), w.channel)
	ADDQ(Imm(floats), w.index)
	SUBQ(Imm(floats), channels)
	JGE(LabelRef("vector"))
	Label("rest")
	if w.short {
		ADDQ(Imm(floats), channels)
		JZ(LabelRef("end"))
		w.name, w.lanes = "short", firstLanes(channels)[0]
		body(w)
		Label("end")
	}
}

// address returns where the vector of channels is in an operand.
func (w *poolWindow) address(operand string) Register {
	p := Load(Param(operand).Base(), GP64())
	ADDQ(w.channel, p)
	return p
}

func (w *poolWindow) store(v VecVirtual, operand string) {
	at := Mem{Base: w.address(operand)}
	if w.lanes == nil {
		VMOVUPS(v, at)
	} else {
		VMOVUPS(v, w.lanes, at)
	}
}

// indices returns the indices of the vector's channels.
func (w *poolWindow) indices() VecVirtual {
	v := broadcastInteger(w.index)
	VPADDD(w.numbers, v, v)
	return v
}

// broadcastInteger returns a vector of the low 32 bits of x.
func broadcastInteger(x Register) VecVirtual {
	low, v := XMM(), isa.vector()
	VMOVD(x.(GPVirtual).As32(), low)
	VPBROADCASTD(low, v)
	return v
}

// maximum emits maxWindowPlain for a vector: the first pixel, and then whatever
// is greater, which the first is not.
func (w *poolWindow) maximum() {
	const notLessEqual, ordered = 6, 7 // Predicates: the first is true of NaN, the second not.
	first := w.address("x")
	y, argmax := isa.vector(), w.indices()
	loadLanes(Mem{Base: first}, w.lanes, y)
	step := GP64()
	MOVQ(w.colStep, step)
	SHRQ(Imm(2), step)
	next, index := broadcastInteger(step), isa.vector()
	MOVQ(w.rowStep, step)
	SHRQ(Imm(2), step)
	nextRow, row := broadcastInteger(step), isa.vector()
	move(argmax, row)
	rows := Load(Param("rows"), GP64())
	loop(w.name+"Row", rows, func() {
		at := GP64()
		MOVQ(first, at)
		move(row, index)
		loop(w.name+"Col", Load(Param("cols"), GP64()), func() {
			x := isa.vector()
			loadLanes(Mem{Base: at}, w.lanes, x)
			if isa.masked {
				number, greater := K(), K()
				VCMPPS(Imm(ordered), y, y, number)
				VCMPPS(Imm(notLessEqual), y, x, number, greater)
				VMOVAPS(x, greater, y)
				VMOVDQA32(index, greater, argmax)
			} else {
				number, greater := isa.vector(), isa.vector()
				VCMPPS(Imm(ordered), y, y, number)
				VCMPPS(Imm(notLessEqual), y, x, greater)
				VANDPS(number, greater, greater)
				VBLENDVPS(greater, x, y, y)
				VBLENDVPS(greater, index, argmax, argmax)
			}
			VPADDD(next, index, index)
			ADDQ(w.colStep, at)
		})
		VPADDD(nextRow, row, row)
		ADDQ(w.rowStep, first)
	})
	w.store(y, "y")
	w.store(argmax, "argmax")
}

// gradient emits maxWindowGradPlain for a vector.
func (w *poolWindow) gradient() VecVirtual {
	dx := isa.vector()
	zero([]VecVirtual{dx})
	index := w.indices()
	dy, argmax := w.address("dy"), w.address("argmax")
	rows := Load(Param("rows"), GP64())
	loop(w.name+"Row", rows, func() {
		offset := GP64()
		XORQ(offset, offset)
		loop(w.name+"Col", Load(Param("cols"), GP64()), func() {
			at, from := Mem{Base: argmax, Index: offset, Scale: 1}, Mem{Base: dy, Index: offset, Scale: 1}
			if isa.masked {
				same, d := K(), isa.vector()
				loadLanes(from, w.lanes, d) // Whole: to skip pages that are not there yet is slow.
				if w.lanes == nil {
					VPCMPEQD(at, index, same)
				} else {
					VPCMPEQD(at, index, w.lanes, same)
				}
				VADDPS(d, dx, same, dx)
			} else {
				d := isa.vector()
				VPCMPEQD(at, index, d)
				VPAND(from, d, d)
				VADDPS(d, dx, dx)
			}
			ADDQ(w.colStep, offset)
		})
		ADDQ(w.rowStep, dy)
		ADDQ(w.rowStep, argmax)
	})
	return dx
}

// move copies a vector.
func move(from, to VecVirtual) {
	if isa.masked {
		VMOVDQA32(from, to)
	} else {
		VMOVDQA(from, to)
	}
}
