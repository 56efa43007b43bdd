package op

// Softmax is ONNX Softmax from opset 13 on: over one axis.
type Softmax struct{ Axis int } // In [0, rank).
