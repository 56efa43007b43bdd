package gokernel

import "golang.org/x/sys/cpu"

//go:generate go run ./asm -isa avx2 -out avx2_amd64.s -stubs avx2_amd64.go -pkg gokernel
//go:generate go run ./asm -isa avx512 -out avx512_amd64.s -stubs avx512_amd64.go -pkg gokernel

// isas returns the instruction sets there are loops for, the fastest first.
func isas() []*isa { return []*isa{&avx512ISA, &avx2ISA, &plainISA} }

var avx2ISA = func() isa {
	i := plainISA
	i.name = "go-avx2"
	i.supported = func() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }
	i.gradSums, i.gradSumsStream = gradSumsAVX2, gradSumsStreamAVX2
	i.tile, i.tilePart, i.outer = tile16AVX2, tilePartAVX2, outerAVX2
	i.fence, i.vector = storeFence, 32
	i.tiling = sumTiling
	i.planes, i.panels = planesAVX2, panelsAVX2
	i.stencil, i.stencilGrad = stencilAVX2, stencilGradAVX2
	i.winogradInput, i.winogradWeights, i.winogradOutput = winogradInputAVX2, winogradWeightsAVX2, winogradOutputAVX2
	i.winogradOutputGrad, i.winogradWeightsGrad, i.transpose = winogradOutputGradAVX2, winogradWeightsGradAVX2, transposeAVX2
	i.maxWindow, i.maxWindowGrad, i.maxWindowGradStream = maxWindowAVX2, maxWindowGradAVX2, maxWindowGradStreamAVX2
	i.clip, i.clipGrad, i.add, i.mul = clipAVX2, clipGradAVX2, addAVX2, mulAVX2
	i.sumSquares, i.climb, i.nesterov, i.adamW = sumSquaresOfAVX2, climbAVX2, nesterovAVX2, adamWOfAVX2
	i.affine, i.clipGradSums = affineAVX2, clipGradSumsAVX2
	i.columnSums, i.columnDots, i.squareSums = columnSumsAVX2, columnDotsAVX2, squareSumsAVX2
	i.normSums, i.normGrad = normSumsAVX2, normGradAVX2
	i.functions, i.softmax, i.softmaxGrad = functionsAVX2, softmaxAVX2, softmaxGradAVX2
	i.layerNorm, i.layerNormGrad = layerNormAVX2, layerNormGradAVX2
	return i
}()

// tilePartAVX2 is tilePartPlain.
func tilePartAVX2(columns int) func(*tile) {
	if columns == 8 {
		return tile8AVX2
	}
	return nil
}

// outers8AVX2 and outers16AVX2 are the loops by their rows less one, for 8 columns and for 16.
var (
	outers8AVX2 = [...]func(*outer){
		outer1x8AVX2, outer2x8AVX2, outer3x8AVX2, outer4x8AVX2, outer5x8AVX2, outer6x8AVX2,
		outer7x8AVX2, outer8x8AVX2, outer9x8AVX2, outer10x8AVX2, outer11x8AVX2, outer12x8AVX2,
	}
	outers16AVX2 = [...]func(*outer){
		outer1x16AVX2, outer2x16AVX2, outer3x16AVX2, outer4x16AVX2, outer5x16AVX2, outer6x16AVX2,
	}
)

// outerAVX2 is outerPlain, for any number of rows.
func outerAVX2(rows, columns int) (run func(*outer), count int) {
	switch columns {
	case 8:
		count = evenRows(rows, len(outers8AVX2))
		return outers8AVX2[count-1], count
	case 16:
		count = evenRows(rows, len(outers16AVX2))
		return outers16AVX2[count-1], count
	}
	return nil, 0
}

// evenRows returns the rows of the first of as few tiles of at most some rows as do all of
// them, of about the same number each. Each tile asks for it, so it divides by what is not
// constant at the end of the rows alone.
func evenRows(rows, most int) int {
	tiles := (rows + most - 1) / most
	if rows > (most-1)*tiles {
		return most
	}
	return (rows + tiles - 1) / tiles
}
