package gokernel

// gradSumsAVX2 is gradSumsPlain, for up to 16 columns.
func gradSumsAVX2(g *gradSums) {
	switch loops := &gradSumsLoopsAVX2[g.kind()]; {
	case g.columns == 16:
		loops[1](g)
	case g.columns >= 8:
		loops[0](g)
		if g.columns > 8 {
			g.skip(8)
			gradSumsPlain(g)
		}
	default:
		gradSumsPlain(g)
	}
}

// gradSumsLoopsAVX2 are the loops of each kind for 8 and for 16 columns.
var gradSumsLoopsAVX2 = [4][2]func(*gradSums){
	{linearSums8AVX2, linearSums16AVX2}, {gradSums8AVX2, gradSums16AVX2},
	{linearNormSums8AVX2, linearNormSums16AVX2}, {gradNormSums8AVX2, gradNormSums16AVX2},
}

// gradSumsStreamAVX2 fills dx past the caches, 16 columns of it.
func gradSumsStreamAVX2(g *gradSums) { gradSumsStreamLoopsAVX2[g.kind()](g) }

var gradSumsStreamLoopsAVX2 = [4]func(*gradSums){linearSumsStream16AVX2, gradSumsStream16AVX2, linearNormSumsStream16AVX2, gradNormSumsStream16AVX2}

// kind is 1 if there are bounds, and 2 more for a normalization.
func (g *gradSums) kind() int {
	kind := 0
	if g.y != nil {
		kind++
	}
	if g.x != nil {
		kind += 2
	}
	return kind
}

// skip goes past the first n columns.
func (g *gradSums) skip(n int) {
	g.dx, g.sums, g.columns = g.dx[n:], g.sums[n:], g.columns-n
	if g.y != nil {
		g.y = g.y[n:]
	}
	if g.x != nil {
		g.x, g.mean, g.sumsX = g.x[n:], g.mean[n:], g.sumsX[n:]
	}
}

// gradSumsAVX512 is gradSumsPlain, for up to 32 columns. It leaves what is no whole vectors of
// AVX2's to that, which adds the last columns in another order.
func gradSumsAVX512(g *gradSums) {
	if g.columns%8 == 0 {
		gradSumsLoopsAVX512[g.kind()](g)
		return
	}
	if rest := g.columns - 16; rest > 0 {
		g.columns = 16
		gradSumsAVX2(g)
		g.skip(16)
		g.columns = rest
	}
	gradSumsAVX2(g)
}

var gradSumsLoopsAVX512 = [4]func(*gradSums){linearSums32AVX512, gradSums32AVX512, linearNormSums32AVX512, gradNormSums32AVX512}

// gradSumsStreamAVX512 fills dx past the caches, 32 columns of it or 16.
func gradSumsStreamAVX512(g *gradSums) { gradSumsStreamLoopsAVX512[g.kind()][g.columns/16-1](g) }

// gradSumsStreamLoopsAVX512 are the loops of each kind for 16 and for 32 columns.
var gradSumsStreamLoopsAVX512 = [4][2]func(*gradSums){
	{linearSumsStream16AVX512, linearSumsStream32AVX512}, {gradSumsStream16AVX512, gradSumsStream32AVX512},
	{linearNormSumsStream16AVX512, linearNormSumsStream32AVX512}, {gradNormSumsStream16AVX512, gradNormSumsStream32AVX512},
}
