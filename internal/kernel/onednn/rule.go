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
