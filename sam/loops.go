package sam

import "finetune/internal/kernel"

// Loops are the loops over elements in which a step spends its time.
type Loops = kernel.Loops

// multiply sets x = scale·x.
func multiply(x []float32, scale float32) {
	for i := range x {
		x[i] *= scale
	}
}
