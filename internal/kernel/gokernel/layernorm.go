package gokernel

import "math"

// layerNormJob normalizes rows. A chunk is some rows.
type layerNormJob struct {
	y, mean, invStd, x, scale, bias []float32
	rows, cols                      int
	epsilon                         float32
}

// LayerNorm implements kernel.Backend.
func (b *Backend) LayerNorm(y, mean, invStd, x, scale, bias []float32, rows, cols int, epsilon float32) {
	check("LayerNorm", "y", len(y), rows*cols)
	check("LayerNorm", "mean", len(mean), rows)
	check("LayerNorm", "invStd", len(invStd), rows)
	check("LayerNorm", "x", len(x), rows*cols)
	checkOptional("LayerNorm", "scale", scale, cols)
	checkOptional("LayerNorm", "bias", bias, cols)
	if cols == 0 {
		return
	}
	if bias == nil {
		bias = b.parts.get(cols)
		clear(bias)
	}
	b.jobs.layerNorm = layerNormJob{y, mean, invStd, x, b.orOnes(scale, cols), bias, rows, cols, epsilon}
	each := chunkOfRows(cols)
	b.workers.run(&b.jobs.layerNorm, (rows+each-1)/each)
	b.jobs.layerNorm = layerNormJob{}
}

// orOnes returns scale, or ones if it is nil.
func (b *Backend) orOnes(scale []float32, n int) []float32 {
	if scale != nil {
		return scale
	}
	ones := b.bias.get(n)
	for c := range ones {
		ones[c] = 1
	}
	return ones
}

func (j *layerNormJob) chunk(w *worker, i int) {
	each := chunkOfRows(j.cols)
	inverse := 1 / float32(j.cols)
	run := w.isa.layerNorm
	if j.cols > longestRow {
		run = layerNormPlain
	}
	for r := i * each; r < min((i+1)*each, j.rows); r++ {
		at, end := r*j.cols, (r+1)*j.cols
		j.mean[r], j.invStd[r] = run(j.y[at:end], j.x[at:end], j.scale, j.bias, inverse, j.epsilon)
	}
}

// layerNormPlain computes y = (x−mean)·invStd·scale + bias of a row, and returns
// its mean and invStd = 1/√(variance + epsilon). inverse is one over the length. y
// may be x.
func layerNormPlain(y, x, scale, bias []float32, _, epsilon float32) (mean, invStd float32) {
	x, scale, bias = x[:len(y)], scale[:len(y)], bias[:len(y)]
	sum, squares := 0.0, 0.0
	for _, v := range x {
		sum += float64(v)
	}
	n := float64(len(x))
	exact := sum / n
	for _, v := range x {
		squares += (float64(v) - exact) * (float64(v) - exact)
	}
	mean, invStd = float32(exact), float32(1/math.Sqrt(squares/n+float64(epsilon)))
	for j, v := range x {
		y[j] = (v-mean)*invStd*scale[j] + bias[j]
	}
	return mean, invStd
}

// layerNormGradJob computes the gradients of layerNormJob. A chunk is some rows,
// which it adds to sums of its own for scale and bias.
type layerNormGradJob struct {
	dx                         []float32 // Nil if it is not wanted.
	dy, x, scale, mean, invStd []float32
	sums                       []float32 // [chunks, 2, cols]: of scale, of bias.
	rows, cols                 int
}

// LayerNormGrad implements kernel.Backend.
func (b *Backend) LayerNormGrad(dx, dscale, dbias, dy, x, scale, mean, invStd []float32, rows, cols int) {
	checkOptional("LayerNormGrad", "dx", dx, rows*cols)
	checkOptional("LayerNormGrad", "dscale", dscale, cols)
	checkOptional("LayerNormGrad", "dbias", dbias, cols)
	check("LayerNormGrad", "dy", len(dy), rows*cols)
	check("LayerNormGrad", "x", len(x), rows*cols)
	checkOptional("LayerNormGrad", "scale", scale, cols)
	check("LayerNormGrad", "mean", len(mean), rows)
	check("LayerNormGrad", "invStd", len(invStd), rows)
	if cols == 0 {
		return
	}
	each := chunkOfRows(cols)
	chunks := max(1, (rows+each-1)/each)
	j := &b.jobs.layerNormGrad
	*j = layerNormGradJob{dx, dy, x, b.orOnes(scale, cols), mean, invStd, b.parts.get(2 * chunks * cols), rows, cols}
	b.workers.run(j, chunks)
	total := j.sums[:2*cols]
	b.combine(total, j.sums, chunks)
	copy(dscale, total)
	copy(dbias, total[cols:])
	*j = layerNormGradJob{}
}

func (j *layerNormGradJob) chunk(w *worker, i int) {
	each := chunkOfRows(j.cols)
	inverse := 1 / float32(j.cols)
	run := w.isa.layerNormGrad
	if j.cols > longestRow {
		run = layerNormGradPlain
	}
	sums := j.sums[2*i*j.cols:][:2*j.cols]
	clear(sums)
	for r := i * each; r < min((i+1)*each, j.rows); r++ {
		at, end := r*j.cols, (r+1)*j.cols
		dx := w.sums.get(j.cols)
		if j.dx != nil {
			dx = j.dx[at:end]
		}
		run(dx, sums[:j.cols], sums[j.cols:], j.dy[at:end], j.x[at:end], j.scale, j.mean[r], j.invStd[r], inverse)
	}
}

// layerNormGradPlain computes, with g = dy·scale and xhat = (x−mean)·invStd, dx =
// invStd·(g − mean(g) − xhat·mean(g·xhat)) of a row, and adds dy·xhat to dscale
// and dy to dbias. inverse is one over the length. dx may be dy.
func layerNormGradPlain(dx, dscale, dbias, dy, x, scale []float32, mean, invStd, _ float32) {
	n := len(dx)
	dscale, dbias, dy, x, scale = dscale[:n], dbias[:n], dy[:n], x[:n], scale[:n]
	sum, dot := 0.0, 0.0
	for j, d := range dy {
		xhat := (x[j] - mean) * invStd
		dscale[j] += d * xhat
		dbias[j] += d
		sum += float64(d * scale[j])
		dot += float64(d*scale[j]) * float64(xhat)
	}
	meanG, meanGX := float32(sum/float64(n)), float32(dot/float64(n))
	for j, d := range dy {
		dx[j] = invStd * (d*scale[j] - meanG - (x[j]-mean)*invStd*meanGX)
	}
}
