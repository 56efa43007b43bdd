package op

// Dropout multiplies x by a mask of the same shape.
type Dropout struct{ Ratio float64 }
