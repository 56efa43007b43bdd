// Command asm generates the assembly of package gokernel, a file for each
// instruction set: one function for each inner loop of its table isa, with the
// operands described at the plain form of the loop.
package main

import (
	"flag"
	"fmt"
	"os"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// files are what generates the loops of a file, by the value of -isa.
var files = map[string]func(){
	"avx2":   avx2,
	"avx512": avx512,
}

func main() {
	file := flag.String("isa", "avx2", "which `file` to generate")
	flag.Parse()
	generate, ok := files[*file]
	if !ok {
		fmt.Fprintf(os.Stderr, "asm: -isa %s: unknown\n", *file)
		os.Exit(2)
	}
	// The types of the operands are read from the build for another processor,
	// which compiles without what is generated here.
	os.Setenv("GOARCH", "arm64")
	Package("finetune/internal/kernel/gokernel")
	ConstraintExpr("amd64")
	generate()
	Generate()
}

// loop emits body count times; count is a register, or memory, that it leaves
// at zero.
func loop(name string, count Op, body func()) {
	if IsRegister(count) {
		TESTQ(count, count)
	} else {
		CMPQ(count, Imm(0))
	}
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
