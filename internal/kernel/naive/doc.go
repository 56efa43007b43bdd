// Package naive holds the definition of every kernel in float64, as ONNX gives
// it: clear rather than fast, and on logical layouts.
//
// Activations are NCHW, convolution weights OIHW, matrices row-major. The
// geometry comes from package kernel. Slices have exactly the length that the
// shape says. Destinations come first and are overwritten.
//
// The reference form of package op and the tests of every backend call it.
package naive

// outRange returns the half-open range of output positions o, within
// [0, out), for which the input position o·stride + offset is in [0, in).
func outRange(out, in, stride, offset int) (lo, hi int) {
	if offset < 0 {
		lo = (-offset + stride - 1) / stride
	}
	if last := in - 1 - offset; last >= 0 {
		hi = min(out, last/stride+1)
	}
	return lo, max(lo, hi)
}
