package op

// MaxPool is ONNX MaxPool in two dimensions.
type MaxPool struct {
	Kernel, Strides, Dilations [2]int // Vertical, horizontal; at least 1.
	Pads                       [4]int // Top, left, bottom, right.
	CeilMode                   bool
}
