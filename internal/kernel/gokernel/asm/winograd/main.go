// Command winograd generates the AVX2 and FMA assembly of the transforms of
// Winograd's convolution in package gokernel: one function for each of them in
// its table isa, with the operands described at the plain form.
package main

import (
	"os"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	// The types of the operands are read from the build for another processor,
	// which compiles without what is generated here.
	os.Setenv("GOARCH", "arm64")
	Package("finetune/internal/kernel/gokernel")
	ConstraintExpr("amd64")
	outputs := []float64{a, b, a * a, b * b, a * a * a, b * b * b}
	weights := []float64{1 / (a * a * b * b), na, na * a, na * a * a, nb, nb * b, nb * b * b}
	for _, t := range []transform{
		{name: "winogradInputVectors", in: 6, out: 6, line: inputLine,
			constants: []float64{a * a * b * b, a*a + b*b, a * a, b * b, a, b}},
		{name: "winogradWeightsVectors", in: 3, out: 6, line: weightsLine, constants: weights},
		{name: "winogradOutputVectors", in: 6, out: 4, line: outputLine, constants: outputs, finish: true},
		{name: "winogradOutputGradVectors", in: 4, out: 6, line: outputGradLine, constants: outputs},
		{name: "winogradWeightsGradVectors", in: 6, out: 3, line: weightsGradLine, constants: weights},
	} {
		t.emit()
	}
	transposeBlocks()
	Generate()
}
