package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// stencilPixels is how many lattice points of a row are summed at once. With
// two vectors a point it leaves two of 16 registers for the weights, and the
// widths of networks for 224x224 pixels are multiples of it.
const stencilPixels = 7

// stencil emits stencilPlain for the channels in whole vectors.
func stencil() {
	TEXT("stencilVectors"+isa.suffix, NOSPLIT, "func(s *stencil)")
	Pragma("noescape")
	s := Dereference(Param("s"))
	channel := GP64() // Bytes into the channels.
	XORQ(channel, channel)
	for _, width := range isa.stencilWidths {
		name := fmt.Sprintf("width%d", width)
		Label(name)
		left := integer(s.Field("channels"))
		SHLQ(Imm(2), left)
		SUBQ(channel, left)
		CMPQ(left, Imm(uint64(isa.bytes*width)))
		JLT(LabelRef(name + "End"))
		stencilRow(name, s, channel, width)
		ADDQ(Imm(uint64(isa.bytes*width)), channel)
		JMP(LabelRef(name))
		Label(name + "End")
	}
	VZEROUPPER()
	RET()
}

// stencilRow emits one row for a block of channels. The last tile of the row
// overlaps the one before it.
func stencilRow(name string, s gotypes.Component, channel Register, width int) {
	x, y, pixels := base(s.Field("x")), base(s.Field("y")), integer(s.Field("pixels"))
	ADDQ(channel, x)
	ADDQ(channel, y)
	CMPQ(pixels, Imm(stencilPixels))
	JLT(LabelRef(name + "Single"))

	Label(name + "Tile")
	stencilTile(name+"Tile", s, x, y, channel, stencilPixels, width)
	SUBQ(Imm(stencilPixels), pixels)
	JZ(LabelRef(name + "RowEnd"))
	nextTile(s, name, x, y, pixels, stencilPixels)
	JMP(LabelRef(name + "Tile"))

	Label(name + "Single")
	loop(name+"SingleLoop", pixels, func() {
		stencilTile(name+"Single", s, x, y, channel, 1, width)
		xStep, yStep := integer(s.Field("xStep")), integer(s.Field("yStep"))
		LEAQ(Mem{Base: x, Index: xStep, Scale: 4}, x)
		LEAQ(Mem{Base: y, Index: yStep, Scale: 4}, y)
	})
	Label(name + "RowEnd")
}

// stencilTile emits the sums of a few pixels from x and stores them at y.
func stencilTile(name string, s gotypes.Component, x, y, channel Register, pixels, width int) {
	acc := vectors(pixels * width)
	bias := base(s.Field("bias"))
	for v := range width {
		VMOVUPS(Mem{Base: bias, Index: channel, Scale: 1, Disp: isa.bytes * v}, acc[v])
		for p := 1; p < pixels; p++ {
			VMOVAPS(acc[v], acc[p*width+v])
		}
	}
	w, step := base(s.Field("w")), integer(s.Field("xStep"))
	ADDQ(channel, w)
	SHLQ(Imm(2), step)

	// Pixel p is at thirds[p/3] + (p%3)·step.
	thirds := make([]GPVirtual, (pixels+2)/3)
	thirds[0] = GP64()
	MOVQ(x, thirds[0])
	for i := 1; i < len(thirds); i++ {
		thirds[i] = GP64()
		LEAQ(Mem{Base: thirds[i-1], Index: step, Scale: 2}, thirds[i])
		ADDQ(step, thirds[i])
	}
	row := vectors(width)
	kernelH := integer(s.Field("kernelH"))
	loop(name+"Rows", kernelH, func() {
		kernelW := integer(s.Field("kernelW"))
		loop(name+"Taps", kernelW, func() {
			for v := range row {
				VMOVUPS(Mem{Base: w, Disp: isa.bytes * v}, row[v])
			}
			for p := range pixels {
				m := Mem{Base: thirds[p/3]}
				if p%3 > 0 {
					m.Index, m.Scale = step, uint8(p%3)
				}
				for v := range row {
					VFMADD231PS(m.Offset(isa.bytes*v), row[v], acc[p*width+v])
				}
			}
			advance(thirds, s.Field("tapStep"))
			wStep := integer(s.Field("wStep"))
			LEAQ(Mem{Base: w, Index: wStep, Scale: 4}, w)
		})
		// Back by a row of taps, on by a row of the patch.
		back, taps := integer(s.Field("tapStep")), integer(s.Field("kernelW"))
		IMULQ(taps, back)
		next := integer(s.Field("rowStep"))
		SUBQ(back, next)
		for _, p := range thirds {
			LEAQ(Mem{Base: p, Index: next, Scale: 4}, p)
		}
	})

	clip := Load(s.Field("clip"), GP8())
	TESTB(clip, clip)
	JZ(LabelRef(name + "Clipped"))
	stencilClip(s, acc)
	Label(name + "Clipped")
	storePixels(s, name, y, acc, width, true)
}

// cacheLine is the size in bytes of what should be stored past the caches as a
// whole.
const cacheLine = 64

// storePixels stores the sums of pixels from y, past the caches if the stencil
// says so and streams is true.
func storePixels(s gotypes.Component, name string, y Register, acc []VecVirtual, width int, streams bool) {
	at, yStep := GP64(), integer(s.Field("yStep"))
	MOVQ(y, at)
	store := func(move func(y VecVirtual, m Mem)) {
		for i, a := range acc {
			move(a, Mem{Base: at, Disp: isa.bytes * (i % width)})
			if i%width == width-1 {
				LEAQ(Mem{Base: at, Index: yStep, Scale: 4}, at)
			}
		}
	}
	if !streams {
		store(func(y VecVirtual, m Mem) { VMOVUPS(y, m) })
		return
	}
	stream := Load(s.Field("stream"), GP8())
	TESTB(stream, stream)
	JNZ(LabelRef(name + "Stream"))
	store(func(y VecVirtual, m Mem) { VMOVUPS(y, m) })
	JMP(LabelRef(name + "Stored"))
	Label(name + "Stream")
	store(func(y VecVirtual, m Mem) { VMOVNTPS(y, m) })
	Label(name + "Stored")
}

// advance moves pointers by a field, in elements.
func advance(pointers []GPVirtual, field gotypes.Component) {
	step := integer(field)
	for _, p := range pointers {
		LEAQ(Mem{Base: p, Index: step, Scale: 4}, p)
	}
}

// stencilTaps emits stencilVectors for at least count pixels, count at a time, a
// kernel of constant width without dilation and a constant stride. One vector of
// channels at a time leaves registers for a row of weights, so that every
// input is read once a row for all the taps that it meets.
func stencilTaps(kernelW, stride, count int) {
	name := fmt.Sprintf("stencilTaps%dStride%dPixels%d", kernelW, stride, count)
	TEXT(name+isa.suffix, NOSPLIT, "func(s *stencil)")
	Pragma("noescape")
	s := Dereference(Param("s"))
	channel := GP64() // Bytes into the channels.
	XORQ(channel, channel)

	Label("block")
	x, y, pixels := base(s.Field("x")), base(s.Field("y")), integer(s.Field("pixels"))
	ADDQ(channel, x)
	ADDQ(channel, y)
	Label("tile")
	stencilTapsTile(s, x, y, channel, kernelW, stride, count)
	SUBQ(Imm(uint64(count)), pixels)
	JZ(LabelRef("rowEnd"))
	nextTile(s, "", x, y, pixels, count)
	JMP(LabelRef("tile"))
	Label("rowEnd")
	ADDQ(Imm(uint64(isa.bytes)), channel)
	left := integer(s.Field("channels"))
	SHLQ(Imm(2), left)
	SUBQ(channel, left)
	CMPQ(left, Imm(uint64(isa.bytes)))
	JGE(LabelRef("block"))
	VZEROUPPER()
	RET()
}

func stencilTapsTile(s gotypes.Component, x, y, channel Register, kernelW, stride, count int) {
	acc := vectors(count)
	bias := base(s.Field("bias"))
	VMOVUPS(Mem{Base: bias, Index: channel, Scale: 1}, acc[0])
	for _, a := range acc[1:] {
		VMOVAPS(acc[0], a)
	}
	fetchPixels(s, y, count)
	w, wStep := base(s.Field("w")), integer(s.Field("wStep"))
	ADDQ(channel, w)
	row, tap, rowStep := GP64(), integer(s.Field("tapStep")), integer(s.Field("rowStep"))
	MOVQ(x, row)
	SHLQ(Imm(2), tap)
	kernelH := integer(s.Field("kernelH"))
	loop("taps", kernelH, func() {
		weights, input := vectors(kernelW), isa.vector()
		for _, v := range weights {
			VMOVUPS(Mem{Base: w}, v)
			LEAQ(Mem{Base: w, Index: wStep, Scale: 4}, w)
		}
		at := GP64()
		MOVQ(row, at)
		for i := range (count-1)*stride + kernelW {
			if i > 0 {
				ADDQ(tap, at)
			}
			first := true
			for kx, v := range weights {
				p := (i - kx) / stride
				if (i-kx)%stride != 0 || i < kx || p >= count {
					continue
				}
				if first {
					VMOVUPS(Mem{Base: at}, input)
					first = false
				}
				VFMADD231PS(v, input, acc[p])
			}
		}
		LEAQ(Mem{Base: row, Index: rowStep, Scale: 4}, row)
	})
	clip := Load(s.Field("clip"), GP8())
	TESTB(clip, clip)
	JZ(LabelRef("clipped"))
	stencilClip(s, acc)
	Label("clipped")
	storePixels(s, "", y, acc, 1, isa.bytes == cacheLine)
}

// fetchPixels prefetches where count pixels will be stored from y.
func fetchPixels(s gotypes.Component, y Register, count int) {
	fetch := Load(s.Field("fetch"), GP8())
	TESTB(fetch, fetch)
	JZ(LabelRef("fetched"))
	at, yStep := GP64(), integer(s.Field("yStep"))
	MOVQ(y, at)
	for range count {
		PREFETCHT0(Mem{Base: at})
		LEAQ(Mem{Base: at, Index: yStep, Scale: 4}, at)
	}
	Label("fetched")
}

// nextTile moves x and y to the next tile of count pixels of a row, which
// overlaps this one if fewer are left.
func nextTile(s gotypes.Component, name string, x, y, pixels Register, count int) {
	move := GP64()
	MOVQ(U32(count), move)
	CMPQ(pixels, Imm(uint64(count)))
	JGE(LabelRef(name + "Whole"))
	MOVQ(pixels, move)
	MOVQ(U32(count), pixels)
	Label(name + "Whole")
	for _, p := range []struct {
		at   Register
		step string
	}{{x, "xStep"}, {y, "yStep"}} {
		step := integer(s.Field(p.step))
		IMULQ(move, step)
		LEAQ(Mem{Base: p.at, Index: step, Scale: 4}, p.at)
	}
}

// stencilClip bounds the sums.
func stencilClip(s gotypes.Component, acc []VecVirtual) {
	lo, hi := isa.vector(), isa.vector()
	VBROADCASTSS(address32(s, "lo"), lo)
	VBROADCASTSS(address32(s, "hi"), hi)
	for _, a := range acc {
		bound(a, lo, hi)
	}
}
