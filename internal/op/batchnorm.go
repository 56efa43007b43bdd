package op

// BatchNorm is ONNX BatchNormalization.
//
// Inputs are x [N,C,...] and gamma, beta, mean and variance, all [C].
type BatchNorm struct {
	Epsilon float64
	// Training normalizes by the statistics of the batch.
	Training bool
	Momentum float64
}
