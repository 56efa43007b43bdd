package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// copyPlanes emits planesPlain for whole planes, of so many bytes a pixel; or, scaled, what
// multiplies channels as panelsPlain does.
func copyPlanes(name string, bytes int, scaled bool) {
	operands := "dst, src"
	if scaled {
		operands += ", scale"
	}
	TEXT(name+isa.suffix, NOSPLIT, "func("+operands+" *float32, pixels, planes, planeStep, pixelStep int)")
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
		var scale Register
		if scaled {
			scale = Load(Param("scale"), GP64())
		}
		loop("plane", planes, func() {
			v := vectors(bytes / isa.bytes)
			for i := range v {
				VMOVUPS(Mem{Base: from, Disp: isa.bytes * i}, v[i])
				if scaled {
					VMULPS(Mem{Base: scale, Disp: isa.bytes * i}, v[i], v[i])
				}
			}
			for i := range v {
				VMOVUPS(v[i], Mem{Base: at, Disp: isa.bytes * i})
			}
			ADDQ(Imm(uint64(bytes)), from)
			if scaled {
				ADDQ(Imm(uint64(bytes)), scale)
			}
			ADDQ(planeStep, at)
		})
		LEAQ(Mem{Base: src, Index: pixelStep, Scale: 4}, src)
		ADDQ(Imm(uint64(bytes)), dst)
	})
	VZEROUPPER()
	RET()
}
