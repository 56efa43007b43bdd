package op

// Conv is ONNX Conv in two dimensions: cross-correlation with groups.
//
// Inputs are x [N,C,H,W], w [O,C/Groups,KH,KW] and, optionally, bias [O]; the
// output is [N,O,OutH,OutW].
//
// https://onnx.ai/onnx/operators/onnx__Conv.html
type Conv struct {
	Strides, Dilations [2]int // Vertical, horizontal; at least 1.
	Pads               [4]int // Top, left, bottom, right.
	Groups             int    // At least 1.
}
