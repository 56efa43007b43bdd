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
	TEXT("stencilVectors", NOSPLIT, "func(s *stencil)")
	Pragma("noescape")
	s := Dereference(Param("s"))
	channel := GP64() // Bytes into the channels.
	XORQ(channel, channel)
	for _, width := range []int{2, 1} {
		name := fmt.Sprintf("width%d", width)
		Label(name)
		left := integer(s.Field("channels"))
		SHLQ(Imm(2), left)
		SUBQ(channel, left)
		CMPQ(left, Imm(uint64(32*width)))
		JLT(LabelRef(name + "End"))
		stencilRow(name, s, channel, width)
		ADDQ(Imm(uint64(32*width)), channel)
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
	nextTile(s, name, x, y, pixels)
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
		VMOVUPS(Mem{Base: bias, Index: channel, Scale: 1, Disp: 32 * v}, acc[v])
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
				VMOVUPS(Mem{Base: w, Disp: 32 * v}, row[v])
			}
			for p := range pixels {
				m := Mem{Base: thirds[p/3]}
				if p%3 > 0 {
					m.Index, m.Scale = step, uint8(p%3)
				}
				for v := range row {
					VFMADD231PS(m.Offset(32*v), row[v], acc[p*width+v])
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
	to, yStep := GP64(), integer(s.Field("yStep"))
	MOVQ(y, to)
	store := func(move func(...Op)) {
		for p := range pixels {
			for v := range width {
				move(acc[p*width+v], Mem{Base: to, Disp: 32 * v})
			}
			LEAQ(Mem{Base: to, Index: yStep, Scale: 4}, to)
		}
	}
	stream := Load(s.Field("stream"), GP8())
	TESTB(stream, stream)
	JNZ(LabelRef(name + "Stream"))
	store(func(o ...Op) { VMOVUPS(o[0], o[1]) })
	JMP(LabelRef(name + "Stored"))
	Label(name + "Stream")
	store(func(o ...Op) { VMOVNTPS(o[0], o[1]) })
	Label(name + "Stored")
}

// advance moves pointers by a field, in elements.
func advance(pointers []GPVirtual, field gotypes.Component) {
	step := integer(field)
	for _, p := range pointers {
		LEAQ(Mem{Base: p, Index: step, Scale: 4}, p)
	}
}

// stencilTaps emits stencilVectors for at least stencilPixels pixels, a kernel
// of constant width without dilation and a constant stride. One vector of
// channels at a time leaves registers for a row of weights, so that every
// input is read once a row for all the taps that it meets.
func stencilTaps(name string, kernelW, stride int) {
	TEXT(name, NOSPLIT, "func(s *stencil)")
	Pragma("noescape")
	s := Dereference(Param("s"))
	channel := GP64() // Bytes into the channels.
	XORQ(channel, channel)

	Label("block")
	x, y, pixels := base(s.Field("x")), base(s.Field("y")), integer(s.Field("pixels"))
	ADDQ(channel, x)
	ADDQ(channel, y)
	Label("tile")
	stencilTapsTile(s, x, y, channel, kernelW, stride)
	SUBQ(Imm(stencilPixels), pixels)
	JZ(LabelRef("rowEnd"))
	nextTile(s, "", x, y, pixels)
	JMP(LabelRef("tile"))
	Label("rowEnd")
	ADDQ(Imm(32), channel)
	left := integer(s.Field("channels"))
	SHLQ(Imm(2), left)
	SUBQ(channel, left)
	CMPQ(left, Imm(32))
	JGE(LabelRef("block"))
	VZEROUPPER()
	RET()
}

func stencilTapsTile(s gotypes.Component, x, y, channel Register, kernelW, stride int) {
	acc := vectors(stencilPixels)
	bias := base(s.Field("bias"))
	VMOVUPS(Mem{Base: bias, Index: channel, Scale: 1}, acc[0])
	for _, a := range acc[1:] {
		VMOVAPS(acc[0], a)
	}
	w, wStep := base(s.Field("w")), integer(s.Field("wStep"))
	ADDQ(channel, w)
	row, tap, rowStep := GP64(), integer(s.Field("tapStep")), integer(s.Field("rowStep"))
	MOVQ(x, row)
	SHLQ(Imm(2), tap)
	kernelH := integer(s.Field("kernelH"))
	loop("taps", kernelH, func() {
		weights, input := vectors(kernelW), YMM()
		for _, v := range weights {
			VMOVUPS(Mem{Base: w}, v)
			LEAQ(Mem{Base: w, Index: wStep, Scale: 4}, w)
		}
		at := GP64()
		MOVQ(row, at)
		for i := range (stencilPixels-1)*stride + kernelW {
			if i > 0 {
				ADDQ(tap, at)
			}
			first := true
			for kx, v := range weights {
				p := (i - kx) / stride
				if (i-kx)%stride != 0 || i < kx || p >= stencilPixels {
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
	to, yStep := GP64(), integer(s.Field("yStep"))
	MOVQ(y, to)
	for _, a := range acc {
		VMOVUPS(a, Mem{Base: to})
		LEAQ(Mem{Base: to, Index: yStep, Scale: 4}, to)
	}
}

// nextTile moves x and y to the next tile of a row, which overlaps this one if
// fewer pixels are left than a tile has.
func nextTile(s gotypes.Component, name string, x, y, pixels Register) {
	move := GP64()
	MOVQ(U32(stencilPixels), move)
	CMPQ(pixels, Imm(stencilPixels))
	JGE(LabelRef(name + "Whole"))
	MOVQ(pixels, move)
	MOVQ(U32(stencilPixels), pixels)
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
	lo, hi := YMM(), YMM()
	VBROADCASTSS(address32(s, "lo"), lo)
	VBROADCASTSS(address32(s, "hi"), hi)
	for _, a := range acc {
		bound(a, lo, hi)
	}
}
