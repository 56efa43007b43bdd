package gokernel

// maxWindowAVX2 is maxWindowPlain: whole vectors of channels in assembly.
func maxWindowAVX2(y []float32, argmax []int32, x []float32, rows, cols, rowStep, colStep, index int) {
	whole := len(y) &^ 7
	maxWindowVectorsAVX2(y[:whole], argmax[:whole], x, rows, cols, rowStep, colStep, index)
	if whole < len(y) {
		maxWindowPlain(y[whole:], argmax[whole:], x[whole:], rows, cols, rowStep, colStep, index+whole)
	}
}

// maxWindowGradAVX2 is maxWindowGradPlain: whole vectors of channels in assembly.
func maxWindowGradAVX2(dx, dy []float32, argmax []int32, rows, cols, rowStep, colStep, index int) {
	whole := len(dx) &^ 7
	maxWindowGradVectorsAVX2(dx[:whole], dy, argmax, rows, cols, rowStep, colStep, index)
	if whole < len(dx) {
		maxWindowGradPlain(dx[whole:], dy[whole:], argmax[whole:], rows, cols, rowStep, colStep, index+whole)
	}
}
