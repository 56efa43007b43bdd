package naive

import "math"

// LayerNorm computes y = (x−mean)·invStd·scale + bias of each row of [rows,
// cols], with the row's mean and invStd = 1/√(variance + epsilon), of the biased
// variance. scale and bias are [cols] or nil; mean and invStd are [rows].
//
// https://onnx.ai/onnx/operators/onnx__LayerNormalization.html
func LayerNorm(y, mean, invStd, x, scale, bias []float64, rows, cols int, epsilon float64) {
	for r := range rows {
		y, x := y[r*cols:(r+1)*cols], x[r*cols:(r+1)*cols]
		mean[r], invStd[r] = moments(x, epsilon)
		for j, v := range x {
			y[j] = (v - mean[r]) * invStd[r]
			if scale != nil {
				y[j] *= scale[j]
			}
			if bias != nil {
				y[j] += bias[j]
			}
		}
	}
}

func moments(x []float64, epsilon float64) (mean, invStd float64) {
	n := float64(len(x))
	for _, v := range x {
		mean += v
	}
	mean /= n
	variance := 0.0
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	return mean, 1 / math.Sqrt(variance/n+epsilon)
}

// LayerNormGrad computes the gradients of LayerNorm: with g = dy·scale and xhat
// = (x−mean)·invStd, dx = invStd·(g − mean(g) − xhat·mean(g·xhat)), dscale the
// sum over rows of dy·xhat, and dbias that of dy.
func LayerNormGrad(dx, dscale, dbias, dy, x, scale, mean, invStd []float64, rows, cols int) {
	clear(dscale)
	clear(dbias)
	n := float64(cols)
	xhat, g := make([]float64, cols), make([]float64, cols)
	for r := range rows {
		dx, dy, x := dx[r*cols:(r+1)*cols], dy[r*cols:(r+1)*cols], x[r*cols:(r+1)*cols]
		meanG, meanGX := 0.0, 0.0
		for j, v := range dy {
			xhat[j], g[j] = (x[j]-mean[r])*invStd[r], v
			if scale != nil {
				g[j] *= scale[j]
			}
			dscale[j] += v * xhat[j]
			dbias[j] += v
			meanG += g[j] / n
			meanGX += g[j] * xhat[j] / n
		}
		for j, v := range g {
			dx[j] = invStd[r] * (v - meanG - xhat[j]*meanGX)
		}
	}
}
