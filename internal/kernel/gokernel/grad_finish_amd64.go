package gokernel

// gradSumsAVX2 is gradSumsPlain, for up to 16 columns.
func gradSumsAVX2(g *gradSums) {
	switch norm := g.x != nil; {
	case g.columns == 16 && norm:
		gradNormSums16AVX2(g)
	case g.columns == 16:
		gradSums16AVX2(g)
	case g.columns >= 8 && norm:
		gradNormSums8AVX2(g)
		g.skip(8)
	case g.columns >= 8:
		gradSums8AVX2(g)
		g.skip(8)
	default:
		gradSumsPlain(g)
	}
}

// skip goes on with the columns from the n-th on.
func (g *gradSums) skip(n int) {
	if g.columns == n {
		return
	}
	g.dx, g.y, g.sums, g.columns = g.dx[n:], g.y[n:], g.sums[n:], g.columns-n
	if g.x != nil {
		g.x, g.mean, g.sumsX = g.x[n:], g.mean[n:], g.sumsX[n:]
	}
	gradSumsPlain(g)
}

// gradSumsAVX512 is gradSumsPlain, for up to 32 columns.
func gradSumsAVX512(g *gradSums) {
	if g.x != nil {
		gradNormSums32AVX512(g)
	} else {
		gradSums32AVX512(g)
	}
}
