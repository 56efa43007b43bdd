package op

// AveragePool is ONNX AveragePool in two dimensions.
type AveragePool struct {
	Kernel, Strides, Dilations [2]int // Vertical, horizontal; at least 1.
	Pads                       [4]int // Top, left, bottom, right.
	CeilMode                   bool
	CountIncludePad            bool
}
