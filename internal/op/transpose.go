package op

// Transpose is ONNX Transpose.
type Transpose struct{ Perm []int } // Axis i of the output is axis Perm[i] of the input.
