package gokernel

// isa is the set of inner loops for one instruction set. The operands of each
// are described at its plain form.
type isa struct {
	name string

	tile16, tile8   func(*tile)
	outer16, outer8 func(*outer)
	fence           func() // After stores past the caches; nil if it has none.

	planes      func(dst, src []float32, pixels, channels, planeStep, pixelStep int)
	stencil     func(*stencil)
	stencilGrad func(*stencilGrad)

	winogradInput, winogradWeights, winogradOutput func(*transform)
	winogradOutputGrad, winogradWeightsGrad        func(*transform)
	transpose                                      func(dst, src []float32, rows, cols, dstStep, srcStep int)

	clip     func(y, x []float32, lo, hi float32)
	clipGrad func(dx, dy, y []float32, lo, hi float32)
	add, mul func(y, a, b []float32)

	affine       func(y, x, scale, shift, residual []float32, rows int, lo, hi float32)
	clipGradSums func(dx, sums, dy, y []float32, rows int, lo, hi float32)
	columnSums   func(sums, x []float32, rows int)
	columnDots   func(dots, a, b []float32, rows int)
	squareSums   func(sums, x, mean []float32, rows int)
	normSums     func(sumDy, sumDyDiff, dy, x, mean []float32, rows int)
	normGrad     func(dx, dy, x, mean, scale, slope, shift []float32, rows int)
}

var plainISA = isa{
	name:        "go",
	tile16:      tile16Plain,
	tile8:       tile8Plain,
	outer16:     outer16Plain,
	outer8:      outer8Plain,
	planes:      planesPlain,
	stencil:     stencilPlain,
	stencilGrad: stencilGradPlain,

	winogradInput:       winogradInputPlain,
	winogradWeights:     winogradWeightsPlain,
	winogradOutput:      winogradOutputPlain,
	winogradOutputGrad:  winogradOutputGradPlain,
	winogradWeightsGrad: winogradWeightsGradPlain,
	transpose:           transposePlain,

	clip:         clipPlain,
	clipGrad:     clipGradPlain,
	add:          addPlain,
	mul:          mulPlain,
	affine:       affinePlain,
	clipGradSums: clipGradSumsPlain,
	columnSums:   columnSumsPlain,
	columnDots:   columnDotsPlain,
	squareSums:   squareSumsPlain,
	normSums:     normSumsPlain,
	normGrad:     normGradPlain,
}
