// Package gokernel is the backend that is always there: Go, and Go assembly
// where the processor has AVX-512, or AVX2 and FMA.
//
// A kernel is a job: a struct that holds the operands and cuts the work into
// chunks. The chunks follow from the shapes alone, and so does the order of
// every sum, so the result has the same bytes at any number of threads.
//
// Convolutions have one idea in common: a worker copies the part of the input
// that a chunk reads into a padded [patch], so that the inner kernels know
// nothing of borders. Dense convolutions then multiply the patch's rows with
// the packed weights ([tile]), depthwise ones slide over it ([stencil]).
package gokernel

import (
	"fmt"
	"runtime"

	"finetune/internal/kernel"
)

// A Backend implements kernel.Backend.
type Backend struct {
	workers *workers
	isa     *isa
	jobs    jobs

	panels     scratch[float32] // Packed weights.
	bias       scratch[float32] // In whole panels.
	parts      scratch[float32] // Sums of parts of a reduction.
	gradParts  scratch[float32] // Of a gradient of weights, beside those.
	flipped    scratch[float32] // Depthwise weights in the order of the taps.
	transposed scratch[float32]
	totals     scratch[float64] // Of the columns of all chunks.
}

var _ kernel.Backend = (*Backend)(nil)

// jobs holds one job of each kind, so that a call allocates none.
type jobs struct {
	product         productJob
	conv            convJob
	gradWeights     gradWeightsJob
	outer           outerJob
	combine         combineJob
	winograd        winogradJob
	winogradWeights winogradWeightsJob
	pack            packJob
	winogradGrad    winogradGrad
	depthwise       depthwiseJob
	depthwiseGW     depthwiseGradWeightsJob
	depthwiseGrads  depthwiseGradsJob
	matrixGrads     matrixGradsJob
	finish          gradFinish
	elementwise     elementwiseJob
	affine          affineJob
	columns         columnsJob
	statistics      statisticsJob
	merge           mergeJob
	normGrad        normGradJob
	pool            poolJob
	softmax         softmaxJob
	layerNorm       layerNormJob
	layerNormGrad   layerNormGradJob
	permute         permuteJob
	stack           stackJob
	parallel        parallelJob
}

// New returns a backend with the given number of threads, or GOMAXPROCS if
// threads is not positive. It uses the fastest instructions of the processor.
func New(threads int) *Backend { return newBackend(threads, bestISA()) }

// NewPlain is New without assembly.
func NewPlain(threads int) *Backend { return newBackend(threads, &plainISA) }

func newBackend(threads int, isa *isa) *Backend {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Backend{workers: newWorkers(threads, isa), isa: isa}
}

// Name implements kernel.Backend.
func (b *Backend) Name() string { return b.isa.name }

// Threads implements kernel.Backend.
func (b *Backend) Threads() int { return len(b.workers.all) }

// LargePages implements kernel.Backend.
func (b *Backend) LargePages() bool { return b.isa.largePages }

// Close implements kernel.Backend.
func (b *Backend) Close() { b.workers.close() }

// check panics unless an operand has the length that its shape says.
func check(op, operand string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("gokernel: %s: %s has length %d, want %d", op, operand, got, want))
	}
}

// checkOptional is check for an operand that may be nil.
func checkOptional(op, operand string, s []float32, want int) {
	if s != nil {
		check(op, operand, len(s), want)
	}
}
