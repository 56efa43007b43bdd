package onednn

import "finetune/internal/kernel"

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
	case host == "go-"+AVX512:
		return nil, host + " is as fast or faster at every kind of layer of ResNet-50"
	case host != "go-"+AVX2:
		return nil, "not measured against " + host
	case guest == AVX512:
		return wider, "dense convolutions, but for 3×3 of stride 1"
	}
	return sameWidth, "forward and gradient of input of 1×1 convolutions that sum over 1024 channels or more"
}

// wider holds where the vectors of oneDNN are twice as wide as gokernel's.
func wider(op Op, g kernel.Conv) bool {
	return op != Product && g.Groups == 1 && !isWinograd(g)
}

// longSum is a number of terms from which on gokernel's products of matrices
// slow down: a block of packed weights falls out of the second-level cache.
const longSum = 1024

// sameWidth holds where both have the same vectors: 1×1 convolutions that sum
// over many channels. Gradients of weights are left out, because their bytes
// change with the number of threads.
func sameWidth(op Op, g kernel.Conv) bool {
	if g.Groups != 1 || g.KernelH != 1 || g.KernelW != 1 {
		return false
	}
	return op == Forward && g.C >= longSum || op == GradInput && g.OutC >= longSum
}

// isWinograd reports whether gokernel saves multiplications by Winograd's way.
func isWinograd(g kernel.Conv) bool {
	return g.KernelH == 3 && g.KernelW == 3 && g.StrideH == 1 && g.StrideW == 1
}
