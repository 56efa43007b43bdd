package naive

import "math"

// BatchNorm computes y = gamma·(x − mean)/√(variance + epsilon) + beta.
//
// x and y are [n,c,hw]; gamma, beta, mean and variance are [c].
//
// https://onnx.ai/onnx/operators/onnx__BatchNormalization.html
func BatchNorm(y, x, gamma, beta, mean, variance []float64, epsilon float64, n, c, hw int) {
	eachChannel(n, c, hw, func(i, ch int) {
		y[i] = gamma[ch]*(x[i]-mean[ch])/math.Sqrt(variance[ch]+epsilon) + beta[ch]
	})
}

// BatchStatistics computes over n and hw the mean and the biased variance,
// both [c], of x [n,c,hw].
func BatchStatistics(mean, variance, x []float64, n, c, hw int) {
	clear(mean)
	clear(variance)
	count := float64(n * hw)
	eachChannel(n, c, hw, func(i, ch int) { mean[ch] += x[i] / count })
	eachChannel(n, c, hw, func(i, ch int) {
		d := x[i] - mean[ch]
		variance[ch] += d * d / count
	})
}

// BatchNormGradInput computes dx [n,c,hw] from dy [n,c,hw], where mean and
// variance are constants (frozen statistics).
func BatchNormGradInput(dx, dy, gamma, variance []float64, epsilon float64, n, c, hw int) {
	eachChannel(n, c, hw, func(i, ch int) {
		dx[i] = dy[i] * gamma[ch] / math.Sqrt(variance[ch]+epsilon)
	})
}

// BatchNormTrainingGradInput computes dx [n,c,hw] from dy and x [n,c,hw],
// where mean and variance [c] are the statistics of x itself.
//
// Ioffe and Szegedy, 2015, section 3.
func BatchNormTrainingGradInput(dx, dy, x, gamma, mean, variance []float64, epsilon float64, n, c, hw int) {
	sumDy, sumDyXhat := make([]float64, c), make([]float64, c)
	BatchNormGradBeta(sumDy, dy, n, c, hw)
	BatchNormGradGamma(sumDyXhat, dy, x, mean, variance, epsilon, n, c, hw)
	count := float64(n * hw)
	eachChannel(n, c, hw, func(i, ch int) {
		invStd := 1 / math.Sqrt(variance[ch]+epsilon)
		xhat := (x[i] - mean[ch]) * invStd
		dx[i] = gamma[ch] * invStd * (dy[i] - sumDy[ch]/count - xhat*sumDyXhat[ch]/count)
	})
}

// BatchNormGradGamma computes dgamma [c] from dy and x [n,c,hw]. It holds for
// frozen statistics and for those of x itself.
func BatchNormGradGamma(dgamma, dy, x, mean, variance []float64, epsilon float64, n, c, hw int) {
	clear(dgamma)
	eachChannel(n, c, hw, func(i, ch int) {
		dgamma[ch] += dy[i] * (x[i] - mean[ch]) / math.Sqrt(variance[ch]+epsilon)
	})
}

// BatchNormGradBeta computes dbeta [c] from dy [n,c,hw]. It holds for frozen
// statistics and for those of x itself.
func BatchNormGradBeta(dbeta, dy []float64, n, c, hw int) {
	clear(dbeta)
	eachChannel(n, c, hw, func(i, ch int) { dbeta[ch] += dy[i] })
}

// eachChannel calls f with every index of [n,c,hw] and its channel.
func eachChannel(n, c, hw int, f func(i, ch int)) {
	for i := range n * c * hw {
		f(i, i/hw%c)
	}
}
