package op

// Reshape is ONNX Reshape, Flatten, Squeeze and Unsqueeze.
type Reshape struct{ To []int } // The whole shape of the output, without 0 and -1.
