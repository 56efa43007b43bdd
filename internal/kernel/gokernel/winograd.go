package gokernel

import "finetune/internal/kernel"

// Winograd's convolution (Lavin and Gray, 2016, https://arxiv.org/abs/1509.09308,
// section 4.1) computes 4×4 pixels of a 3×3 convolution from 6×6 pixels of input
// with 36 multiplications a pair of channels instead of 144. With the matrices
// A [6, 4], B [6, 6] and G [6, 3] of the polynomials modulo x, x∓a, x∓b and at
// infinity,
//
//	y  = Aᵀ·[(G·w·Gᵀ) ⊙ (Bᵀ·x·B)]·A
//	dw = Gᵀ·[(A·dy·Aᵀ) ⊙ (Bᵀ·x·B)]·G
//
// where ⊙ is, for each of the 36 elements, a product of matrices over tiles
// and channels. The gradient of the input is the convolution of dy by the
// turned, transposed weights.
//
// Of the customary points, ±5/8 and ±3/2 lose least: the error of a sum of 576
// products is 8e-7 of its size, where ±1 and ±2 make it 17e-7, the transforms
// for 2×2 pixels, which multiply 64 times, 3e-7, and the direct way 2.5e-7.
const (
	winogradTile   = 4 // Pixels of output, each way.
	winogradInput  = 6 // Pixels of input.
	winogradPlanes = winogradInput * winogradInput

	winogradA, winogradB = 5. / 8, 3. / 2
	winogradAA           = winogradA * winogradA
	winogradBB           = winogradB * winogradB
	winogradNA           = 1 / (2 * winogradAA * (winogradAA - winogradBB)) // Factor of G at ±a.
	winogradNB           = 1 / (2 * winogradBB * (winogradBB - winogradAA)) // Factor of G at ±b.
)

// A transform computes L·X·Lᵀ + bias + residual, bounded by lo and hi, for
// matrices X whose elements are channels side by side. Element (r, c) of X
// starts at src[r·srcRow+c·srcCol], of the result at dst[r·dstRow+c·dstCol];
// count matrices lie srcNext and dstNext apart. Only the output's transform has
// bias, residual and bounds; residual, which may be nil, lies as dst.
type transform struct {
	src, dst         []float32
	srcRow, srcCol   int
	dstRow, dstCol   int
	srcNext, dstNext int
	channels, count  int
	bias, residual   []float32
	lo, hi           float32

	line  [winogradInput]float32 // Memory of the plain form.
	lines [winogradInput][winogradInput]float32
}

// A winogradLine multiplies the first elements of v by a matrix.
type winogradLine func(v *[winogradInput]float32)

// inputLine multiplies by Bᵀ [6, 6].
func inputLine(v *[winogradInput]float32) {
	evenA, oddA := v[4]-winogradBB*v[2], v[3]-winogradBB*v[1]
	evenB, oddB := v[4]-winogradAA*v[2], v[3]-winogradAA*v[1]
	*v = [winogradInput]float32{
		winogradAA*winogradBB*v[0] + v[4] - (winogradAA+winogradBB)*v[2],
		evenA + winogradA*oddA, evenA - winogradA*oddA,
		evenB + winogradB*oddB, evenB - winogradB*oddB,
		winogradAA*winogradBB*v[1] + v[5] - (winogradAA+winogradBB)*v[3],
	}
}

// weightsLine multiplies by G [6, 3].
func weightsLine(v *[winogradInput]float32) {
	evenA, oddA := winogradNA*v[0]+winogradNA*winogradAA*v[2], winogradNA*winogradA*v[1]
	evenB, oddB := winogradNB*v[0]+winogradNB*winogradBB*v[2], winogradNB*winogradB*v[1]
	*v = [winogradInput]float32{1 / (winogradAA * winogradBB) * v[0], evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, v[2]}
}

// weightsGradLine multiplies by Gᵀ [3, 6].
func weightsGradLine(v *[winogradInput]float32) {
	sumA, differenceA, sumB, differenceB := v[1]+v[2], v[1]-v[2], v[3]+v[4], v[3]-v[4]
	v[0] = 1/(winogradAA*winogradBB)*v[0] + winogradNA*sumA + winogradNB*sumB
	v[1] = winogradNA*winogradA*differenceA + winogradNB*winogradB*differenceB
	v[2] = winogradNA*winogradAA*sumA + winogradNB*winogradBB*sumB + v[5]
}

// outputLine multiplies by Aᵀ [4, 6].
func outputLine(v *[winogradInput]float32) {
	sumA, differenceA, sumB, differenceB := v[1]+v[2], v[1]-v[2], v[3]+v[4], v[3]-v[4]
	v[0] += sumA + sumB
	v[1] = winogradA*differenceA + winogradB*differenceB
	v[2] = winogradAA*sumA + winogradBB*sumB
	v[3] = v[5] + winogradA*winogradAA*differenceA + winogradB*winogradBB*differenceB
}

// outputGradLine multiplies by A [6, 4].
func outputGradLine(v *[winogradInput]float32) {
	evenA, oddA := v[0]+winogradAA*v[2], winogradA*v[1]+winogradA*winogradAA*v[3]
	evenB, oddB := v[0]+winogradBB*v[2], winogradB*v[1]+winogradB*winogradBB*v[3]
	*v = [winogradInput]float32{v[0], evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, v[3]}
}

func winogradInputPlain(t *transform)       { t.plain(inputLine, 6, 6) }
func winogradWeightsPlain(t *transform)     { t.plain(weightsLine, 3, 6) }
func winogradOutputPlain(t *transform)      { t.plain(outputLine, 6, 4); t.finishPlain() }
func winogradOutputGradPlain(t *transform)  { t.plain(outputGradLine, 4, 6) }
func winogradWeightsGradPlain(t *transform) { t.plain(weightsGradLine, 6, 3) }

// plain transforms in×in matrices to out×out.
func (t *transform) plain(line winogradLine, in, out int) {
	v, lines := &t.line, &t.lines
	for i := range t.count * t.channels {
		src := t.src[i/t.channels*t.srcNext+i%t.channels:]
		dst := t.dst[i/t.channels*t.dstNext+i%t.channels:]
		for c := range in {
			for r := range in {
				v[r] = src[r*t.srcRow+c*t.srcCol]
			}
			line(v)
			for r := range out {
				lines[r][c] = v[r]
			}
		}
		for r := range out {
			line(&lines[r])
			for c := range out {
				dst[r*t.dstRow+c*t.dstCol] = lines[r][c]
			}
		}
	}
}

// finishPlain adds bias and residual to a tile of output, and bounds it.
func (t *transform) finishPlain() {
	for i := range winogradTile * winogradTile {
		at := i/winogradTile*t.dstRow + i%winogradTile*t.dstCol
		y := t.dst[at : at+t.channels]
		addPlain(y, y, t.bias)
		if t.residual != nil {
			addPlain(y, y, t.residual[at:])
		}
		clipPlain(y, y, t.lo, t.hi)
	}
}

// winogradLeast is the least number of tiles that pay for the transform of the
// weights, which costs as much as the products of 8 to 15 of them.
const winogradLeast = 16

// isWinograd reports whether the transforms apply to a convolution, with a
// result of height×width pixels, and pay: they save half of the multiplications
// at least, and a product of matrices has 16 rows and columns at least.
func isWinograd(g kernel.Conv, height, width int) bool {
	if g.KernelH != 3 || g.KernelW != 3 || g.StrideH != 1 || g.StrideW != 1 || g.DilationH != 1 || g.DilationW != 1 ||
		g.Groups != 1 || g.PadTop < 0 || g.PadTop > 2 || g.PadLeft < 0 || g.PadLeft > 2 {
		return false
	}
	direct := 9 * min(g.H, g.OutH) * min(g.W, g.OutW) // Beyond it the weights meet padding.
	tiles := winogradTiles(height) * winogradTiles(width)
	return g.C >= 16 && g.OutC >= 16 && direct >= 2*winogradPlanes*tiles && g.N*tiles >= winogradLeast
}

// transposePlain copies src [rows, cols], with rows srcStep apart, to dst
// [cols, rows], with rows dstStep apart.
func transposePlain(dst, src []float32, rows, cols, dstStep, srcStep int) {
	for r := range rows {
		for c, v := range src[r*srcStep:][:cols] {
			dst[c*dstStep+r] = v
		}
	}
}
