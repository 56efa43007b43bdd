package gokernel

import "golang.org/x/sys/cpu"

//go:generate go run ./asm -isa avx2 -out avx2_amd64.s -stubs avx2_amd64.go -pkg gokernel

// bestISA returns the fastest loops that the processor can run.
func bestISA() *isa {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		return &avx2ISA
	}
	return &plainISA
}

var avx2ISA = func() isa {
	i := plainISA
	i.name = "go-avx2"
	i.tile16, i.tile8 = tile16AVX2, tile8AVX2
	i.fence = storeFence
	i.outer16, i.outer8 = outer16AVX2, outer8AVX2
	i.planes, i.stencil, i.stencilGrad = planesAVX2, stencilAVX2, stencilGradAVX2
	i.winogradInput, i.winogradWeights, i.winogradOutput = winogradInputAVX2, winogradWeightsAVX2, winogradOutputAVX2
	i.winogradOutputGrad, i.winogradWeightsGrad, i.transpose = winogradOutputGradAVX2, winogradWeightsGradAVX2, transposeAVX2
	i.clip, i.clipGrad, i.add, i.mul = clipAVX2, clipGradAVX2, addAVX2, mulAVX2
	i.affine, i.clipGradSums = affineAVX2, clipGradSumsAVX2
	i.columnSums, i.columnDots, i.squareSums = columnSumsAVX2, columnDotsAVX2, squareSumsAVX2
	i.normSums, i.normGrad = normSumsAVX2, normGradAVX2
	return i
}()
