package op

// Pointwise is a Def of one input whose elements of y depend on the same
// elements of x alone, so that any order of the elements will do.
type Pointwise interface {
	Def
	// Apply computes y from x, which may be the same slice.
	Apply(y, x []float32)
}
