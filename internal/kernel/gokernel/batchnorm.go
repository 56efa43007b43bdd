package gokernel

// statisticsJob finds the mean and the sum of squared differences from it of
// each chunk of rows, in one visit while the chunk is in the cache.
type statisticsJob struct {
	x          []float32
	sums       []float32 // [chunks, 2, cols]: mean, squares.
	rows, cols int
}

// BatchStatistics implements kernel.Backend. The chunks are merged by the
// formula of Chan, Golub and LeVeque, 1979, in float64.
func (b *Backend) BatchStatistics(mean, variance, x []float32, rows, cols int) {
	check("BatchStatistics", "mean", len(mean), cols)
	check("BatchStatistics", "variance", len(variance), cols)
	check("BatchStatistics", "x", len(x), rows*cols)
	if cols == 0 {
		return
	}
	each := chunkOfRows(cols)
	chunks := (rows + each - 1) / each
	j := &b.jobs.statistics
	*j = statisticsJob{x: x, sums: b.parts.get(2 * chunks * cols), rows: rows, cols: cols}
	b.workers.run(j, chunks)
	b.jobs.merge = mergeJob{mean: mean, variance: variance, parts: j.sums, rows: rows, each: each, totals: b.totals.get(2 * cols)}
	b.workers.run(&b.jobs.merge, (cols+mergeColumns-1)/mergeColumns)
	*j, b.jobs.merge = statisticsJob{}, mergeJob{}
}

func (j *statisticsJob) chunk(w *worker, i int) {
	each := chunkOfRows(j.cols)
	lo, hi := i*each, min((i+1)*each, j.rows)
	x := j.x[lo*j.cols : hi*j.cols]
	mean := j.sums[2*i*j.cols:][:j.cols]
	squares := j.sums[(2*i+1)*j.cols:][:j.cols]
	clear(mean)
	clear(squares)
	w.isa.columnSums(mean, x, hi-lo)
	for c := range mean {
		mean[c] /= float32(hi - lo)
	}
	w.isa.squareSums(squares, x, mean, hi-lo)
}

// mergeJob merges the statistics of chunks of each rows. A chunk is some columns.
type mergeJob struct {
	mean, variance []float32
	parts          []float32 // As statisticsJob's sums.
	totals         []float64 // [2, cols].
	rows, each     int
}

const mergeColumns = 64

func (j *mergeJob) chunk(_ *worker, i int) {
	cols := len(j.mean)
	lo, hi := i*mergeColumns, min((i+1)*mergeColumns, cols)
	mean, squares := j.totals[lo:hi], j.totals[cols+lo:][:hi-lo]
	clear(mean)
	clear(squares)
	for from := 0; from < j.rows; from += j.each {
		count, n := float64(from), float64(min(j.each, j.rows-from))
		share := n / (count + n)
		part := j.parts[from/j.each*2*cols:]
		means, sums := part[lo:hi], part[cols+lo:][:hi-lo]
		for c, m := range means {
			d := float64(m) - mean[c]
			mean[c] += d * share
			squares[c] += float64(sums[c]) + d*d*share*count
		}
	}
	for c := range mean {
		j.mean[lo+c], j.variance[lo+c] = float32(mean[c]), float32(squares[c]/float64(max(j.rows, 1)))
	}
}

// squareSumsPlain adds the columns of (x−mean)² to sums.
func squareSumsPlain(sums, x, mean []float32, rows int) {
	cols := len(sums)
	mean = mean[:cols]
	for r := range rows {
		for c, v := range x[r*cols : (r+1)*cols] {
			d := v - mean[c]
			sums[c] += d * d
		}
	}
}

// BatchNormGradSums implements kernel.Backend.
func (b *Backend) BatchNormGradSums(sumDy, sumDyXhat, dy, x, mean, invStd []float32, rows, cols int) {
	check("BatchNormGradSums", "sumDy", len(sumDy), cols)
	check("BatchNormGradSums", "sumDyXhat", len(sumDyXhat), cols)
	check("BatchNormGradSums", "dy", len(dy), rows*cols)
	check("BatchNormGradSums", "x", len(x), rows*cols)
	check("BatchNormGradSums", "mean", len(mean), cols)
	check("BatchNormGradSums", "invStd", len(invStd), cols)
	if cols == 0 {
		return
	}
	j := &b.jobs.columns
	*j = columnsJob{run: runNormSums, a: dy, b: x, c: mean, rows: rows, cols: cols}
	sums := b.bias.get(2 * cols)
	b.sumColumns(j, sums)
	copy(sumDy, sums)
	for c, v := range sums[cols:] {
		sumDyXhat[c] = v * invStd[c]
	}
}

func runNormSums(j *columnsJob, w *worker, sums []float32, lo, hi int) {
	w.isa.normSums(sums[:j.cols], sums[j.cols:], j.a[lo:hi], j.b[lo:hi], j.c, (hi-lo)/j.cols)
}

// normSumsPlain adds the columns of dy to sumDy, those of dy·(x−mean) to
// sumDyDiff.
func normSumsPlain(sumDy, sumDyDiff, dy, x, mean []float32, rows int) {
	cols := len(sumDy)
	sumDyDiff, mean = sumDyDiff[:cols], mean[:cols]
	for r := range rows {
		x := x[r*cols : (r+1)*cols]
		for c, v := range dy[r*cols : (r+1)*cols] {
			sumDy[c] += v
			sumDyDiff[c] += v * (x[c] - mean[c])
		}
	}
}

// normGradJob computes dx = scale·dy + slope·(x−mean) + shift. A chunk is some
// rows.
type normGradJob struct {
	dx, dy, x           []float32
	mean                []float32
	scale, slope, shift []float32
	rows, cols          int
}

// BatchNormGradInput implements kernel.Backend.
func (b *Backend) BatchNormGradInput(dx, dy, x, mean, invStd, gamma, sumDy, sumDyXhat []float32, rows, cols int) {
	check("BatchNormGradInput", "dx", len(dx), rows*cols)
	check("BatchNormGradInput", "dy", len(dy), rows*cols)
	check("BatchNormGradInput", "x", len(x), rows*cols)
	check("BatchNormGradInput", "mean", len(mean), cols)
	check("BatchNormGradInput", "invStd", len(invStd), cols)
	check("BatchNormGradInput", "gamma", len(gamma), cols)
	check("BatchNormGradInput", "sumDy", len(sumDy), cols)
	check("BatchNormGradInput", "sumDyXhat", len(sumDyXhat), cols)
	if cols == 0 {
		return
	}
	coef := b.bias.get(3 * cols)
	j := &b.jobs.normGrad
	*j = normGradJob{
		dx: dx, dy: dy, x: x, mean: mean,
		scale: coef[:cols], slope: coef[cols : 2*cols], shift: coef[2*cols:],
		rows: rows, cols: cols,
	}
	for c := range cols {
		scale := gamma[c] * invStd[c]
		j.scale[c] = scale
		j.slope[c] = -scale * invStd[c] * sumDyXhat[c] / float32(rows)
		j.shift[c] = -scale * sumDy[c] / float32(rows)
	}
	each := chunkOfRows(cols)
	b.workers.run(j, (rows+each-1)/each)
	*j = normGradJob{}
}

func (j *normGradJob) chunk(w *worker, i int) {
	each := chunkOfRows(j.cols)
	lo, hi := i*each, min((i+1)*each, j.rows)
	a, b := lo*j.cols, hi*j.cols
	w.isa.normGrad(j.dx[a:b], j.dy[a:b], j.x[a:b], j.mean, j.scale, j.slope, j.shift, hi-lo)
}

// normGradPlain computes dx = dy·scale + (x−mean)·slope + shift. dx may be dy.
func normGradPlain(dx, dy, x, mean, scale, slope, shift []float32, rows int) {
	cols := len(mean)
	scale, slope, shift = scale[:cols], slope[:cols], shift[:cols]
	for r := range rows {
		dx, x := dx[r*cols:(r+1)*cols], x[r*cols:(r+1)*cols]
		for c, v := range dy[r*cols : (r+1)*cols] {
			dx[c] = v*scale[c] + (x[c]-mean[c])*slope[c] + shift[c]
		}
	}
}
