package naive

import "math"

// SoftmaxCrossEntropy returns the mean over the rows that count of
// −Σ target·log softmax(logits), and fills dlogits with its gradient with
// respect to logits unless that is nil.
//
// dlogits, logits and labels are [rows,classes]. labels holds a distribution
// per row; an all-zero row is padding: it does not count and its gradient is
// zero. The target is (1−smoothing)·label + smoothing/classes (Szegedy et al.,
// 2016, section 7). Without a row that counts the loss is zero.
func SoftmaxCrossEntropy(dlogits, logits, labels []float64, rows, classes int, smoothing float64) float64 {
	clear(dlogits)
	valid := 0
	for r := range rows {
		if !allZero(labels[r*classes : (r+1)*classes]) {
			valid++
		}
	}
	var loss float64
	for r := range rows {
		z, label := logits[r*classes:(r+1)*classes], labels[r*classes:(r+1)*classes]
		if allZero(label) {
			continue
		}
		logSum := logSumExp(z)
		var total float64
		for j, l := range label {
			target := (1-smoothing)*l + smoothing/float64(classes)
			loss -= target * (z[j] - logSum) / float64(valid)
			total += target
		}
		if dlogits == nil {
			continue
		}
		for j, l := range label {
			target := (1-smoothing)*l + smoothing/float64(classes)
			dlogits[r*classes+j] = (total*math.Exp(z[j]-logSum) - target) / float64(valid)
		}
	}
	return loss
}

// logSumExp returns log Σ exp(z).
func logSumExp(z []float64) float64 {
	largest := math.Inf(-1)
	for _, v := range z {
		largest = max(largest, v)
	}
	var sum float64
	for _, v := range z {
		sum += math.Exp(v - largest)
	}
	return largest + math.Log(sum)
}

func allZero(x []float64) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}
