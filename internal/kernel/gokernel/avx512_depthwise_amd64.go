package gokernel

// stencilAVX512 is stencilPlain: whole vectors of 16 channels here, what is
// beyond them by AVX2.
func stencilAVX512(s *stencil) {
	whole := s.channels &^ 15
	if whole > 0 {
		stencilLoopAVX512(s)(s)
	}
	if whole < s.channels {
		all := *s
		*s = s.from(whole)
		stencilAVX2(s)
		*s = all
	}
}

// stencilLoopAVX512 returns the loop for the widths and strides that networks
// have, or else the one for all.
func stencilLoopAVX512(s *stencil) func(*stencil) {
	wide := s.pixels >= 2*stencilPixels
	if s.pixels < stencilPixels || s.kernelW > 5 {
		return stencilVectorsAVX512
	}
	switch s.xStep {
	case s.tapStep:
		switch {
		case s.kernelW == 2 && wide:
			return stencilTaps2Stride1Pixels14AVX512
		case s.kernelW == 2:
			return stencilTaps2Stride1Pixels7AVX512
		case s.kernelW == 3 && wide:
			return stencilTaps3Stride1Pixels14AVX512
		case s.kernelW == 3:
			return stencilTaps3Stride1Pixels7AVX512
		case s.kernelW == 5 && wide:
			return stencilTaps5Stride1Pixels14AVX512
		case s.kernelW == 5:
			return stencilTaps5Stride1Pixels7AVX512
		}
	case 2 * s.tapStep:
		switch {
		case s.kernelW == 3 && wide:
			return stencilTaps3Stride2Pixels14AVX512
		case s.kernelW == 3:
			return stencilTaps3Stride2Pixels7AVX512
		case s.kernelW == 5 && wide:
			return stencilTaps5Stride2Pixels14AVX512
		case s.kernelW == 5:
			return stencilTaps5Stride2Pixels7AVX512
		}
	}
	return stencilVectorsAVX512
}

// stencilGradLoops are by stride, by a width of 3 or 5, and by rows of taps.
var stencilGradLoops = [2][2][3]func(*stencilGrad){
	{
		{stencilGrad1x3Stride1AVX512, stencilGrad2x3Stride1AVX512, stencilGrad3x3Stride1AVX512},
		{stencilGrad1x5Stride1AVX512, stencilGrad2x5Stride1AVX512, stencilGrad3x5Stride1AVX512},
	},
	{
		{stencilGrad1x3Stride2AVX512, stencilGrad2x3Stride2AVX512, stencilGrad3x3Stride2AVX512},
		{stencilGrad1x5Stride2AVX512, stencilGrad2x5Stride2AVX512, stencilGrad3x5Stride2AVX512},
	},
}

// stencilGradAVX512 is stencilGradPlain: whole vectors of 16 channels here, for
// the widths and strides that networks have, and the rest by AVX2.
func stencilGradAVX512(s *stencilGrad) {
	stencilGradAssembly(s, 16, func(s *stencilGrad, stride, left int) int {
		count := min(left, 3)
		stencilGradLoops[stride-1][(s.kernelW-3)/2][count-1](s)
		return count
	}, stencilGradAVX2)
}
