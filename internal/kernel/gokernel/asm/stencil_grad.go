package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// stencilGrad emits stencilGradPlain for the channels in whole vectors, and
// for a kernel of constant size, without dilation, and a constant stride. Its
// sums are in registers, and so are the stencilPixels of dy that meet an input
// which is read once.
func stencilGrad(kernelH, kernelW, stride int) {
	name := fmt.Sprintf("stencilGrad%dx%dStride%d", kernelH, kernelW, stride)
	TEXT(name+isa.suffix, NOSPLIT, "func(s *stencilGrad)")
	Pragma("noescape")
	s := Dereference(Param("s"))
	channel := GP64() // Bytes into the channels.
	XORQ(channel, channel)
	acc := vectors(kernelH * kernelW)

	Label("block")
	zero(acc)
	x, dy := base(s.Field("x")), base(s.Field("dy"))
	ADDQ(channel, x)
	ADDQ(channel, dy)
	tap, xStep, dyStep := integer(s.Field("tapStep")), integer(s.Field("xStep")), integer(s.Field("dyStep"))
	SHLQ(Imm(2), tap)
	three := GP64()
	LEAQ(Mem{Base: tap, Index: tap, Scale: 2}, three)
	rows := integer(s.Field("rows"))
	loop("row", rows, func() {
		from := make([]GPVirtual, kernelH)
		rowStep := integer(s.Field("rowStep"))
		for i := range from {
			from[i] = GP64()
			if i == 0 {
				MOVQ(x, from[i])
			} else {
				LEAQ(Mem{Base: from[i-1], Index: rowStep, Scale: 4}, from[i])
			}
		}
		at := GP64()
		MOVQ(dy, at)
		tiles := integer(s.Field("tiles"))
		loop("tile", tiles, func() {
			d := vectors(stencilPixels)
			for _, v := range d {
				VMOVUPS(Mem{Base: at}, v)
				LEAQ(Mem{Base: at, Index: dyStep, Scale: 4}, at)
			}
			for ky, p := range from {
				stencilGradRow(d, acc[ky*kernelW:][:kernelW], p, tap, stride)
			}
		})
		pixels := integer(s.Field("single"))
		loop("pixel", pixels, func() {
			d := isa.vector()
			VMOVUPS(Mem{Base: at}, d)
			LEAQ(Mem{Base: at, Index: dyStep, Scale: 4}, at)
			for ky, p := range from {
				for kx := range kernelW {
					m := Mem{Base: p}
					switch kx {
					case 0:
					case 3:
						m.Index, m.Scale = three, 1
					default:
						m.Index, m.Scale = tap, uint8(kx)
					}
					VFMADD231PS(m, d, acc[ky*kernelW+kx])
				}
				LEAQ(Mem{Base: p, Index: xStep, Scale: 4}, p)
			}
		})
		xRow, dyRow := integer(s.Field("xRowStep")), integer(s.Field("dyRowStep"))
		LEAQ(Mem{Base: x, Index: xRow, Scale: 4}, x)
		LEAQ(Mem{Base: dy, Index: dyRow, Scale: 4}, dy)
	})

	dw, wStep := base(s.Field("dw")), integer(s.Field("wStep"))
	ADDQ(channel, dw)
	for _, y := range acc {
		m := Mem{Base: dw}
		VADDPS(m, y, y)
		VMOVUPS(y, m)
		LEAQ(Mem{Base: dw, Index: wStep, Scale: 4}, dw)
	}
	ADDQ(Imm(uint64(isa.bytes)), channel)
	end := integer(s.Field("channels"))
	SHLQ(Imm(2), end)
	SUBQ(channel, end)
	CMPQ(end, Imm(uint64(isa.bytes)))
	JGE(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// stencilGradRow adds the products of a row of inputs with d to the sums of
// the taps, and moves the input past them.
func stencilGradRow(d, sums []VecVirtual, x, tap Register, stride int) {
	input := isa.vector()
	at := GP64()
	MOVQ(x, at)
	for i := range (len(d)-1)*stride + len(sums) {
		if i == len(d)*stride {
			MOVQ(at, x)
		}
		first := true
		for kx, sum := range sums {
			p := (i - kx) / stride
			if (i-kx)%stride != 0 || i < kx || p >= len(d) {
				continue
			}
			if first {
				VMOVUPS(Mem{Base: at}, input)
				first = false
			}
			VFMADD231PS(input, d[p], sum)
		}
		ADDQ(tap, at)
	}
}
