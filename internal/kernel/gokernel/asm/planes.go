package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// copyPlanes emits planesPlain for whole planes.
func copyPlanes() {
	TEXT("copyPlanes"+isa.suffix, NOSPLIT, "func(dst, src *float32, pixels, planes, planeStep, pixelStep int)")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	pixels := Load(Param("pixels"), GP64())
	planeStep, pixelStep := Load(Param("planeStep"), GP64()), Load(Param("pixelStep"), GP64())
	SHLQ(Imm(2), planeStep)
	loop("pixel", pixels, func() {
		planes := Load(Param("planes"), GP64())
		from, at := GP64(), GP64()
		MOVQ(src, from)
		MOVQ(dst, at)
		loop("plane", planes, func() {
			v := vectors(64 / isa.bytes)
			for i := range v {
				VMOVUPS(Mem{Base: from, Disp: isa.bytes * i}, v[i])
			}
			for i := range v {
				VMOVUPS(v[i], Mem{Base: at, Disp: isa.bytes * i})
			}
			ADDQ(Imm(64), from)
			ADDQ(planeStep, at)
		})
		LEAQ(Mem{Base: src, Index: pixelStep, Scale: 4}, src)
		ADDQ(Imm(64), dst)
	})
	VZEROUPPER()
	RET()
}
