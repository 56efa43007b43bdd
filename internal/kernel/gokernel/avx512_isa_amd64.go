package gokernel

import "golang.org/x/sys/cpu"

// avx512ISA is for processors from Ice Lake and Zen 4 on, and runs on those from
// Skylake-X on. Its loops take any number of columns, cut vectors short by
// masks, and so need no edges; those of AVX2 do the channels of depthwise
// convolutions beyond whole vectors, and rows whose columns are no whole vectors
// of AVX2's, where the last ones are multiplied and added in two steps.
var avx512ISA = func() isa {
	i := avx2ISA
	i.name = "go-avx512"
	i.supported = func() bool {
		x := &cpu.X86
		return avx2ISA.supported() && x.HasBMI2 && x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ
	}
	i.tiling = tiling{rows: 12, panel: 32, outerSets: 2, copiedBlock: 128}
	i.vector, i.largePages = 64, true
	i.gradSums, i.gradSumsStream = gradSumsAVX512, gradSumsStreamAVX512
	i.tile, i.tilePart = tile32AVX512, tilePartAVX512
	i.outer, i.anyOuter = outerAVX512, true
	i.planes, i.panels = planesAVX512, panelsAVX512
	i.stencil, i.stencilGrad = stencilAVX512, stencilGradAVX512
	i.maxWindow, i.maxWindowGrad, i.maxWindowGradStream = maxWindowAVX512, maxWindowGradAVX512, maxWindowGradStreamAVX512
	i.clip, i.clipGrad, i.add, i.mul = clipAVX512, clipGradAVX512, addAVX512, mulAVX512
	i.sumSquares, i.climb, i.nesterov, i.adamW = sumSquaresOfAVX512, climbOfAVX512, nesterovOfAVX512, adamWOfAVX512
	i.affine, i.clipGradSums = affineOfAVX512, clipGradSumsAVX512
	i.columnSums, i.columnDots, i.squareSums = columnSumsAVX512, columnDotsOfAVX512, squareSumsOfAVX512
	i.normSums, i.normGrad = normSumsOfAVX512, normGradOfAVX512
	i.functions, i.softmax, i.softmaxGrad = functionsAVX512, softmaxAVX512, softmaxGradAVX512
	i.layerNorm, i.layerNormGrad = layerNormAVX512, layerNormGradAVX512
	return i
}()

// tilePartAVX512 is tilePartPlain, for any number of columns.
func tilePartAVX512(columns int) func(*tile) {
	switch {
	case columns == 16:
		return tile16AVX512
	case columns < 16:
		return tile16MaskedAVX512
	}
	return tile32MaskedAVX512
}

// outers are the loops by their rows less one, for up to 16 columns and up to 32.
var outers = [2][largestRows]func(*outer){
	{outer1x16AVX512, outer2x16AVX512, outer3x16AVX512, outer4x16AVX512, outer5x16AVX512, outer6x16AVX512,
		outer7x16AVX512, outer8x16AVX512, outer9x16AVX512, outer10x16AVX512, outer11x16AVX512, outer12x16AVX512},
	{outer1x32AVX512, outer2x32AVX512, outer3x32AVX512, outer4x32AVX512, outer5x32AVX512, outer6x32AVX512,
		outer7x32AVX512, outer8x32AVX512, outer9x32AVX512, outer10x32AVX512, outer11x32AVX512, outer12x32AVX512},
}

// outerAVX512 is outerPlain, for any rows and columns.
func outerAVX512(rows, columns int) (run func(*outer), count int) {
	count = evenRows(rows, largestRows)
	return outers[(columns-1)/16][count-1], count
}
