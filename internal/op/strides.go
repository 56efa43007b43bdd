package op

// rowMajor returns the stride of each axis of a row-major array.
func rowMajor(shape []int) []int {
	strides := make([]int, len(shape))
	stride := 1
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = stride
		stride *= shape[i]
	}
	return strides
}

// strided lists, for the elements of shape in row-major order, the position
// offset + Σ index[axis]·strides[axis].
func strided(shape, strides []int, offset int) []int {
	positions := []int{offset}
	for axis, size := range shape {
		next := make([]int, 0, len(positions)*size)
		for _, p := range positions {
			for i := range size {
				next = append(next, p+i*strides[axis])
			}
		}
		positions = next
	}
	return positions
}
