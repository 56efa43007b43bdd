package onednn

import (
	"strings"

	"finetune/internal/kernel"
)

// An Op is what a [Rule] decides on.
type Op int

// The operations that oneDNN can take.
const (
	Forward Op = iota
	GradInput
	GradWeights
	Product
)

// String returns the name of the operation.
func (op Op) String() string {
	return [...]string{"forward", "gradient of input", "gradient of weights", "product"}[op]
}

// A Rule reports whether oneDNN computes an operation of a convolution. A
// product of matrices is a 1×1 convolution of one image of one row.
type Rule func(op Op, g kernel.Conv) bool

// Everything leaves to oneDNN all that it has fast code for.
func Everything(Op, kernel.Conv) bool { return true }

// Faster returns the rule of what oneDNN is faster at than gokernel, and the
// rule in words. guest is Library.Instructions, host the name of gokernel's
// backend. The rule is nil where oneDNN is not known to win; the words then say
// why. docs/bench/onednn.md has the measurements.
func Faster(guest, host string) (rule Rule, words string) {
	switch {
	case strings.HasSuffix(host, guest) && guest == AVX2:
		return fasterAVX2, "forward and gradient of input of dense convolutions, but for 3×3 of stride 1"
	case guest == AVX512 && strings.HasSuffix(host, AVX2):
		return dense, "dense convolutions"
	}
	return nil, "not measured against " + host
}

// dense is true of convolutions that are no products and have no groups.
func dense(op Op, g kernel.Conv) bool { return op != Product && g.Groups == 1 }

// fasterAVX2 holds for the same instructions on both sides. Both operations
// have the same bytes at any number of threads, which is why weights' gradients,
// some of which win as well, are left out.
func fasterAVX2(op Op, g kernel.Conv) bool {
	if op != Forward && op != GradInput || g.Groups != 1 {
		return false
	}
	winograd := g.KernelH == 3 && g.KernelW == 3 && g.StrideH == 1 && g.StrideW == 1
	return !winograd
}
