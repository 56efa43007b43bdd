package op

// Pad is ONNX Pad in constant mode.
type Pad struct {
	Pads  []int // The begin of each axis, then the end of each axis; not negative.
	Value float64
}
