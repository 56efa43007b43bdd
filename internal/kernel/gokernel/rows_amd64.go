package gokernel

// The loops over rows do whole vectors of columns in assembly, and leave the
// columns beyond to strided Go.

// vectors returns how many vectors a row of cols columns has, and the first
// column beyond them.
func vectors(cols int) (n, rest int) { return cols / 8, cols &^ 7 }

func clipAVX2(y, x []float32, lo, hi float32) {
	n, rest := vectors(len(y))
	if n > 0 {
		clipRowsAVX2(&y[0], &x[0], 1, 0, n, lo, hi)
	}
	clipPlain(y[rest:], x[rest:], lo, hi)
}

func clipGradAVX2(dx, dy, y []float32, lo, hi float32) {
	n, rest := vectors(len(dx))
	if n > 0 {
		clipGradRowsAVX2(&dx[0], &dy[0], &y[0], 1, 0, n, lo, hi)
	}
	clipGradPlain(dx[rest:], dy[rest:], y[rest:], lo, hi)
}

func addAVX2(y, a, b []float32) {
	n, rest := vectors(len(y))
	if n > 0 {
		addRowsAVX2(&y[0], &a[0], &b[0], 1, 0, n)
	}
	addPlain(y[rest:], a[rest:], b[rest:])
}

func mulAVX2(y, a, b []float32) {
	n, rest := vectors(len(y))
	if n > 0 {
		mulRowsAVX2(&y[0], &a[0], &b[0], 1, 0, n)
	}
	mulPlain(y[rest:], a[rest:], b[rest:])
}

func affineAVX2(y, x, scale, shift, residual []float32, rows int, lo, hi float32) {
	cols := len(scale)
	n, rest := vectors(cols)
	switch {
	case n == 0 || rows == 0:
	case residual == nil:
		affineRowsAVX2(&y[0], &x[0], &scale[0], &shift[0], rows, cols, n, lo, hi)
	default:
		affineResidualRowsAVX2(&y[0], &x[0], &residual[0], &scale[0], &shift[0], rows, cols, n, lo, hi)
	}
	for c := rest; c < cols; c++ {
		for i := c; i < rows*cols; i += cols {
			v := x[i]*scale[c] + shift[c]
			if residual != nil {
				v += residual[i]
			}
			y[i] = min(max(v, lo), hi)
		}
	}
}

func clipGradSumsAVX2(dx, sums, dy, y []float32, rows int, lo, hi float32) {
	cols := len(sums)
	n, rest := vectors(cols)
	if n > 0 && rows > 0 {
		clipGradSumsRowsAVX2(&dx[0], &dy[0], &y[0], &sums[0], rows, cols, n, lo, hi)
	}
	for c := rest; c < cols; c++ {
		for i := c; i < rows*cols; i += cols {
			d := dy[i]
			if y[i] <= lo || y[i] >= hi {
				d = 0
			}
			dx[i] = d
			sums[c] += d
		}
	}
}

func columnSumsAVX2(sums, x []float32, rows int) {
	cols := len(sums)
	n, rest := vectors(cols)
	if n > 0 && rows > 0 {
		columnSumsRowsAVX2(&x[0], &sums[0], rows, cols, n)
	}
	for c := rest; c < cols; c++ {
		for i := c; i < rows*cols; i += cols {
			sums[c] += x[i]
		}
	}
}

func columnDotsAVX2(dots, a, b []float32, rows int) {
	cols := len(dots)
	n, rest := vectors(cols)
	if n > 0 && rows > 0 {
		columnDotsRowsAVX2(&a[0], &b[0], &dots[0], rows, cols, n)
	}
	for c := rest; c < cols; c++ {
		for i := c; i < rows*cols; i += cols {
			dots[c] += a[i] * b[i]
		}
	}
}

func squareSumsAVX2(sums, x, mean []float32, rows int) {
	cols := len(sums)
	n, rest := vectors(cols)
	if n > 0 && rows > 0 {
		squareSumsRowsAVX2(&x[0], &sums[0], &mean[0], rows, cols, n)
	}
	for c := rest; c < cols; c++ {
		for i := c; i < rows*cols; i += cols {
			d := x[i] - mean[c]
			sums[c] += d * d
		}
	}
}

func normSumsAVX2(sumDy, sumDyDiff, dy, x, mean []float32, rows int) {
	cols := len(sumDy)
	n, rest := vectors(cols)
	if n > 0 && rows > 0 {
		normSumsRowsAVX2(&dy[0], &x[0], &sumDy[0], &sumDyDiff[0], &mean[0], rows, cols, n)
	}
	for c := rest; c < cols; c++ {
		for i := c; i < rows*cols; i += cols {
			sumDy[c] += dy[i]
			sumDyDiff[c] += dy[i] * (x[i] - mean[c])
		}
	}
}

func normGradAVX2(dx, dy, x, mean, scale, slope, shift []float32, rows int) {
	cols := len(mean)
	n, rest := vectors(cols)
	if n > 0 && rows > 0 {
		normGradRowsAVX2(&dx[0], &dy[0], &x[0], &mean[0], &scale[0], &slope[0], &shift[0], rows, cols, n)
	}
	for c := rest; c < cols; c++ {
		for i := c; i < rows*cols; i += cols {
			dx[i] = dy[i]*scale[c] + (x[i]-mean[c])*slope[c] + shift[c]
		}
	}
}

// Those of AVX-512 multiply and add in one step. Where AVX2's do not, in columns beyond whole
// vectors, these leave all of them to those.

func affineOfAVX512(y, x, scale, shift, residual []float32, rows int, lo, hi float32) {
	switch {
	case len(scale)%8 != 0:
		affineAVX2(y, x, scale, shift, residual, rows, lo, hi)
	case residual == nil:
		affineAVX512(y, x, scale, shift, rows, lo, hi)
	default:
		affineResidualAVX512(y, x, residual, scale, shift, rows, lo, hi)
	}
}

func columnDotsOfAVX512(dots, a, b []float32, rows int) {
	if len(dots)%8 != 0 {
		columnDotsAVX2(dots, a, b, rows)
		return
	}
	columnDotsAVX512(dots, a, b, rows)
}

func squareSumsOfAVX512(sums, x, mean []float32, rows int) {
	if len(sums)%8 != 0 {
		squareSumsAVX2(sums, x, mean, rows)
		return
	}
	squareSumsAVX512(sums, x, mean, rows)
}

func normSumsOfAVX512(sumDy, sumDyDiff, dy, x, mean []float32, rows int) {
	if len(sumDy)%8 != 0 {
		normSumsAVX2(sumDy, sumDyDiff, dy, x, mean, rows)
		return
	}
	normSumsAVX512(sumDy, sumDyDiff, dy, x, mean, rows)
}

func normGradOfAVX512(dx, dy, x, mean, scale, slope, shift []float32, rows int) {
	if len(mean)%8 != 0 {
		normGradAVX2(dx, dy, x, mean, scale, slope, shift, rows)
		return
	}
	normGradAVX512(dx, dy, x, mean, scale, slope, shift, rows)
}
