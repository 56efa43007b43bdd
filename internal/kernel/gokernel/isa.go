package gokernel

import (
	"slices"

	"finetune/internal/kernel"
)

// isa is the set of inner loops for one instruction set. The operands of each
// are described at its plain form.
type isa struct {
	name      string
	supported func() bool // By this processor and its operating system.

	tiling
	tile       func(*tile)                   // Whole panels.
	tilePart   func(columns int) func(*tile) // As tilePartPlain.
	outer      func(rows, columns int) (run func(*outer), count int)
	anyOuter   bool   // There is an outer for any rows and columns.
	fence      func() // After stores past the caches; nil if it has none.
	vector     int    // Bytes of a vector, the alignment of such stores.
	largePages bool   // They were measured to be faster.

	planes      func(dst, src []float32, pixels, channels, planeStep, pixelStep int)
	panels      func(dst, src, scale []float32, rows, columns, panelStep, rowStep int)
	stencil     func(*stencil)
	stencilGrad func(*stencilGrad)

	winogradInput, winogradWeights, winogradOutput func(*transform)
	winogradOutputGrad, winogradWeightsGrad        func(*transform)
	transpose                                      func(dst, src []float32, rows, cols, dstStep, srcStep int)

	maxWindow func(y []float32, argmax []int32, x []float32, rows, cols, rowStep, colStep, index int)
	// nil if scattering is faster. The second stores past the caches.
	maxWindowGrad, maxWindowGradStream func(dx, dy []float32, argmax []int32, rows, cols, rowStep, colStep, index int)

	functions functions
	// Of a row, of up to longestRow floats.
	softmax       func(y, x []float32)
	softmaxGrad   func(dx, dy, y []float32)
	layerNorm     func(y, x, scale, bias []float32, inverse, epsilon float32) (mean, invStd float32)
	layerNormGrad func(dx, dscale, dbias, dy, x, scale []float32, mean, invStd, inverse float32)

	clip     func(y, x []float32, lo, hi float32)
	clipGrad func(dx, dy, y []float32, lo, hi float32)
	add, mul func(y, a, b []float32)

	sumSquares func(x []float32) float64
	climb      func(saved, w, grad []float32, scale float32)
	nesterov   func(w, from, v, grad []float32, scale, rate, decay, momentum float32)
	adamW      func(w, from, m, v, grad []float32, s kernel.AdamW)

	affine         func(y, x, scale, shift, residual []float32, rows int, lo, hi float32)
	clipGradSums   func(dx, sums, dy, y []float32, rows int, lo, hi float32)
	columnSums     func(sums, x []float32, rows int)
	columnDots     func(dots, a, b []float32, rows int)
	gradSums       func(*gradSums) // Up to a panel's columns.
	gradSumsStream func(*gradSums) // A panel's columns, whole cache lines; nil if there is none.
	squareSums     func(sums, x, mean []float32, rows int)
	normSums       func(sumDy, sumDyDiff, dy, x, mean []float32, rows int)
	normGrad       func(dx, dy, x, mean, scale, slope, shift []float32, rows int)
}

var plainISA = isa{
	name:      "go",
	supported: func() bool { return true },

	tiling:      tiling{rows: plainRows, panel: plainPanel, outerSets: 2, copiedBlock: 128},
	tile:        tile16Plain,
	tilePart:    tilePartPlain,
	outer:       outerPlain,
	planes:      planesPlain,
	panels:      panelsPlain,
	stencil:     stencilPlain,
	stencilGrad: stencilGradPlain,

	winogradInput:       winogradInputPlain,
	winogradWeights:     winogradWeightsPlain,
	winogradOutput:      winogradOutputPlain,
	winogradOutputGrad:  winogradOutputGradPlain,
	winogradWeightsGrad: winogradWeightsGradPlain,
	transpose:           transposePlain,

	maxWindow: maxWindowPlain,

	functions:     plainFunctions,
	softmax:       softmaxPlain,
	softmaxGrad:   softmaxGradPlain,
	layerNorm:     layerNormPlain,
	layerNormGrad: layerNormGradPlain,

	clip:         clipPlain,
	clipGrad:     clipGradPlain,
	add:          addPlain,
	mul:          mulPlain,
	sumSquares:   kernel.PlainLoops{}.SumSquares,
	climb:        kernel.PlainLoops{}.Climb,
	nesterov:     kernel.PlainLoops{}.DescendNesterov,
	adamW:        kernel.PlainLoops{}.DescendAdamW,
	affine:       affinePlain,
	clipGradSums: clipGradSumsPlain,
	gradSums:     gradSumsPlain,
	columnSums:   columnSumsPlain,
	columnDots:   columnDotsPlain,
	squareSums:   squareSumsPlain,
	normSums:     normSumsPlain,
	normGrad:     normGradPlain,
}

// bestISA returns the fastest loops that the processor can run.
func bestISA() *isa {
	all := isas()
	return all[slices.IndexFunc(all, func(i *isa) bool { return i.supported() })]
}

// roundUp returns the least multiple of unit that is at least n.
func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }
