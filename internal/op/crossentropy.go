package op

// CrossEntropy is the mean over the batch of −Σ target·log softmax(logits).
//
// Inputs are logits and labels, both [N,K]; the output is a scalar.
type CrossEntropy struct{ Smoothing float64 }
