package gokernel

import "math"

// SoftmaxCrossEntropy implements kernel.Backend, in float64.
func (b *Backend) SoftmaxCrossEntropy(dlogits, logits, labels []float32, rows, classes int, smoothing float32) float32 {
	check("SoftmaxCrossEntropy", "logits", len(logits), rows*classes)
	check("SoftmaxCrossEntropy", "labels", len(labels), rows*classes)
	checkOptional("SoftmaxCrossEntropy", "dlogits", dlogits, rows*classes)
	valid := 0
	for r := range rows {
		if !allZero(labels[r*classes : (r+1)*classes]) {
			valid++
		}
	}
	clear(dlogits)
	var loss float64
	for r := range rows {
		lo, hi := r*classes, (r+1)*classes
		if allZero(labels[lo:hi]) {
			continue
		}
		var d []float32
		if dlogits != nil {
			d = dlogits[lo:hi]
		}
		loss += crossEntropyRow(d, logits[lo:hi], labels[lo:hi], float64(smoothing), 1/float64(valid))
	}
	return float32(loss)
}

// crossEntropyRow returns the loss of one row times weight, and fills d with
// its gradient unless that is nil.
func crossEntropyRow(d, logits, labels []float32, smoothing, weight float64) float64 {
	largest := math.Inf(-1)
	for _, z := range logits {
		largest = max(largest, float64(z))
	}
	var sum float64
	for _, z := range logits {
		sum += math.Exp(float64(z) - largest)
	}
	logSum := largest + math.Log(sum)
	uniform := smoothing / float64(len(logits))
	var loss, total float64
	for j, z := range logits {
		target := (1-smoothing)*float64(labels[j]) + uniform
		loss -= target * (float64(z) - logSum) * weight
		total += target
	}
	for j := range d {
		target := (1-smoothing)*float64(labels[j]) + uniform
		d[j] = float32((total*math.Exp(float64(logits[j])-logSum) - target) * weight)
	}
	return loss
}

func allZero(x []float32) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}
