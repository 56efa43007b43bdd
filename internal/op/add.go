package op

// Add is ONNX Add: a + b with multidirectional broadcasting.
type Add struct{}
