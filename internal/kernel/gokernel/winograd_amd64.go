package gokernel

//go:generate go run ./asm/winograd -out winograd_avx2_amd64.s -stubs winograd_avx2_amd64.go -pkg gokernel

// The transforms do whole vectors of channels in assembly, and leave the
// channels beyond to the plain form.

func winogradInputAVX2(t *transform)   { t.split(winogradInputVectors, winogradInputPlain) }
func winogradWeightsAVX2(t *transform) { t.split(winogradWeightsVectors, winogradWeightsPlain) }
func winogradOutputAVX2(t *transform)  { t.split(winogradOutputVectors, winogradOutputPlain) }
func winogradOutputGradAVX2(t *transform) {
	t.split(winogradOutputGradVectors, winogradOutputGradPlain)
}
func winogradWeightsGradAVX2(t *transform) {
	t.split(winogradWeightsGradVectors, winogradWeightsGradPlain)
}

func (t *transform) split(whole, plain func(*transform)) {
	_, rest := vectors(t.channels)
	if rest > 0 && t.count > 0 {
		whole(t)
	}
	if rest == t.channels {
		return
	}
	saved := *t
	t.src, t.dst, t.channels = t.src[rest:], t.dst[rest:], t.channels-rest
	if t.bias != nil {
		t.bias = t.bias[rest:]
	}
	if t.residual != nil {
		t.residual = t.residual[rest:]
	}
	plain(t)
	*t = saved
}

// transposeAVX2 is transposeStrided: whole blocks of 8×8 in assembly.
func transposeAVX2(dst, src []float32, rows, cols, dstStep, srcStep int) {
	r, c := rows&^7, cols&^7
	if r > 0 && c > 0 {
		transposeBlocks(&dst[0], &src[0], r/8, c/8, dstStep, srcStep)
	}
	if c < cols {
		transposePlain(dst[c*dstStep:], src[c:], r, cols-c, dstStep, srcStep)
	}
	if r < rows {
		transposePlain(dst[r:], src[r*srcStep:], rows-r, cols, dstStep, srcStep)
	}
}
