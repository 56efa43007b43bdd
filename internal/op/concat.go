package op

// Concat is ONNX Concat of one or more inputs.
type Concat struct{ Axis int } // In [0, rank).
