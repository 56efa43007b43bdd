package op

import (
	"fmt"

	"gorgonia.org/tensor"
)

// broadcastShapes returns the shape of an elementwise operation on a and b:
// shapes are aligned at their last axis, and a missing axis or one of size 1
// repeats.
//
// https://onnx.ai/onnx/repo-docs/Broadcasting.html
func broadcastShapes(a, b tensor.Shape) (tensor.Shape, error) {
	rank := max(len(a), len(b))
	out := make(tensor.Shape, rank)
	for axis := range rank {
		sizeA, sizeB := alignedSize(a, axis, rank), alignedSize(b, axis, rank)
		switch {
		case sizeA == sizeB || sizeB == 1:
			out[axis] = sizeA
		case sizeA == 1:
			out[axis] = sizeB
		default:
			return nil, fmt.Errorf("shapes %v and %v: sizes %d and %d do not broadcast", a, b, sizeA, sizeB)
		}
	}
	return out, nil
}

func alignedSize(shape []int, axis, rank int) int {
	if axis -= rank - len(shape); axis >= 0 {
		return shape[axis]
	}
	return 1
}

// broadcastFrom lists, for the elements of an array of shape to, the positions
// in the array of shape from that broadcasts to it.
func broadcastFrom(to, from []int) []int {
	strides := make([]int, len(to))
	lead := len(to) - len(from)
	for axis, stride := range rowMajor(from) {
		if from[axis] > 1 {
			strides[lead+axis] = stride
		}
	}
	return strided(to, strides, 0)
}
