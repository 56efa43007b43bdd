package op

// Mul is ONNX Mul: a·b elementwise with multidirectional broadcasting.
type Mul struct{}
