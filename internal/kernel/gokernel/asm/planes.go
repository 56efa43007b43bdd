package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// copyPlanes emits planesPlain for whole planes.
func copyPlanes() {
	TEXT("copyPlanes", NOSPLIT, "func(dst, src *float32, pixels, planes, planeStep, pixelStep int)")
	Pragma("noescape")
	dst, src := Load(Param("dst"), GP64()), Load(Param("src"), GP64())
	pixels := Load(Param("pixels"), GP64())
	planeStep, pixelStep := Load(Param("planeStep"), GP64()), Load(Param("pixelStep"), GP64())
	SHLQ(Imm(2), planeStep)
	loop("pixel", pixels, func() {
		planes := Load(Param("planes"), GP64())
		from, to := GP64(), GP64()
		MOVQ(src, from)
		MOVQ(dst, to)
		loop("plane", planes, func() {
			a, b := load(Mem{Base: from}), load(Mem{Base: from, Disp: 32})
			VMOVUPS(a, Mem{Base: to})
			VMOVUPS(b, Mem{Base: to, Disp: 32})
			ADDQ(Imm(64), from)
			ADDQ(planeStep, to)
		})
		LEAQ(Mem{Base: src, Index: pixelStep, Scale: 4}, src)
		ADDQ(Imm(64), dst)
	})
	VZEROUPPER()
	RET()
}
