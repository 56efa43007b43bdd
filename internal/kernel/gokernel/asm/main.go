// Command asm generates the AVX2 and FMA assembly of package gokernel: one
// function for each inner loop of its table isa, with the operands described
// at the plain form of the loop.
package main

import (
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

func main() {
	// The types of the operands are read from the build for another processor,
	// which compiles without what is generated here.
	os.Setenv("GOARCH", "arm64")
	Package("finetune/internal/kernel/gokernel")
	ConstraintExpr("amd64")
	tile("tile16AVX2", 2)
	tile("tile8AVX2", 1)
	fence()
	outer("outer16AVX2", 2)
	outer("outer8AVX2", 1)
	copyPlanes()
	stencil()
	stencilTaps("stencilTaps2Stride1", 2, 1)
	for _, stride := range []int{1, 2} {
		stencilTaps(fmt.Sprintf("stencilTaps3Stride%d", stride), 3, stride)
		stencilTaps(fmt.Sprintf("stencilTaps5Stride%d", stride), 5, stride)
		stencilGrad(fmt.Sprintf("stencilGrad1x3Stride%d", stride), 1, 3, stride)
		stencilGrad(fmt.Sprintf("stencilGrad2x3Stride%d", stride), 2, 3, stride)
		stencilGrad(fmt.Sprintf("stencilGrad1x5Stride%d", stride), 1, 5, stride)
	}
	elementwiseLoops()
	columnLoops()
	affineLoops()
	Generate()
}

// loop emits body count times; count is a register that it leaves at zero.
func loop(name string, count Register, body func()) {
	TESTQ(count, count)
	JLE(LabelRef(name + "End"))
	Label(name)
	body()
	DECQ(count)
	JNZ(LabelRef(name))
	Label(name + "End")
}

// base loads the pointer of a slice field.
func base(s gotypes.Component) Register { return Load(s.Base(), GP64()) }

// integer loads an int field.
func integer(s gotypes.Component) Register { return Load(s, GP64()) }

// vectors allocates n vector registers.
func vectors(n int) []VecVirtual {
	v := make([]VecVirtual, n)
	for i := range v {
		v[i] = YMM()
	}
	return v
}

// zero clears vector registers.
func zero(v []VecVirtual) {
	for _, y := range v {
		VXORPS(y, y, y)
	}
}
